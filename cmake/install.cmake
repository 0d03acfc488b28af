# cmake --install: both programs, the command's manual pages and completions, the units and the documents.
include(GNUInstallDirs)
install(TARGETS krane-server krane RUNTIME)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

# The units name the places as they are installed, with the prefix of that moment. HAProxy may be installed later.
install(CODE "
  set(KRANE_PROGRAMS \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  set(KRANE_DOCS \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}\")
  find_program(KRANE_HAPROXY haproxy PATHS /usr/sbin /usr/local/sbin NO_CACHE)
  if(NOT KRANE_HAPROXY)
    set(KRANE_HAPROXY /usr/sbin/haproxy)
  endif()
  foreach(unit krane-server krane-front)
    set(file \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/\${unit}.service\")
    message(STATUS \"Writing: \$ENV{DESTDIR}\${file}\")
    configure_file(\"${PROJECT_SOURCE_DIR}/packaging/\${unit}.service.in\" \"\$ENV{DESTDIR}\${file}\" @ONLY)
  endforeach()")

# The command itself writes what is made from the descriptions of its commands.
set(KRANE_COMPLETIONS
  bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions/krane
  zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions/_krane
  fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/krane.fish)
install(CODE "
  set(place \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  set(program \"\${place}/${CMAKE_INSTALL_BINDIR}/krane\")
  set(files \"${KRANE_COMPLETIONS}\")
  message(STATUS \"Writing: \${place}/${CMAKE_INSTALL_MANDIR}/man1/krane*.1, and completions\")
  execute_process(COMMAND \"\${program}\" man --to \"\${place}/${CMAKE_INSTALL_MANDIR}/man1\" COMMAND_ERROR_IS_FATAL ANY)
  while(files)
    list(POP_FRONT files shell file)
    get_filename_component(folder \"\${place}/\${file}\" DIRECTORY)
    file(MAKE_DIRECTORY \"\${folder}\")
    execute_process(COMMAND \"\${program}\" completion \${shell} OUTPUT_FILE \"\${place}/\${file}\" COMMAND_ERROR_IS_FATAL ANY)
  endwhile()")
