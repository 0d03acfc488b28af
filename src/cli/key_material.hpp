#pragma once
// Keys as OpenSSL holds them: made of the parts that OpenSSH's format has, and their public halves as SSH writes them.
//
// Threads: any.
#include <openssl/evp.h>
#include <openssl/types.h>

#include <memory>

#include "base/result.hpp"
#include "cli/key_type.hpp"
#include "cli/openssh_key.hpp"

namespace krane::cli {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using key_handle = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

// Of one that is not encrypted. errc::invalid, "no_private_key": its numbers make no key.
result<key_handle> build_key(openssh_key const& from);
// errc::invalid, "unfit_key": a kind of key that SSH has no name for.
result<public_half> public_half_of(EVP_PKEY* key);

}  // namespace krane::cli
