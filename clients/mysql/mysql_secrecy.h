// What a server may ask of us before we know who it is: which proofs of the password, and no files.
//
// A server chooses the plugin by which a client shows its password, and may switch to another one in mid-login. Some of
// them send the password readable (mysql_clear_password, dialog), some do so inside TLS or encrypt it with a key that
// the server has just sent (caching_sha2_password, sha256_password): whoever answers on the port, or sits in between,
// then has it. And any server may answer any statement with the wish to read a file of the client (LOCAL INFILE).
#pragma once

#include <string>

#include "clients/mysql/mysql.h"

struct st_mysql;

namespace freshet::mysql {

/// The plugins that this address allows, as the client library wants them. Those that send the password readable: with
/// TLS and a server that has proven its name (ssl_verify=1), or when the address says password_in_clear=1. Those that
/// the server's key protects: also on this machine, through a socket or the loopback.
[[nodiscard]] std::string allowed_plugins(const Address& address);

/// Sets both, before the connection is made.
void keep_secrets(st_mysql* mysql, const Address& address);

/// Says of a login that failed for this reason what the server wanted and what to do about it; leaves any other error.
void explain_refusal(unsigned code, const std::string& server, Error& error);

}  // namespace freshet::mysql
