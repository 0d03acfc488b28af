# cmake --install: both programs, the command's manual pages and completions, the unit and the documents.
include(GNUInstallDirs)
install(TARGETS krane-server krane RUNTIME)
install(FILES packaging/krane-server.service DESTINATION lib/systemd/system)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

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
