// What a server may ask of us before we know its identity: only safe proofs of the password, and no files.
//
// A server chooses the plugin by which a client shows its password, and may switch to another one during the login.
// Some plugins send the password in plain text (mysql_clear_password, dialog). Others do so inside TLS, or encrypt it
// with a key that the server has just sent (caching_sha2_password, sha256_password); then anyone who answers on the
// port, or sits in between, has it. And any server may answer any statement with a request for a file of the client
// (LOCAL INFILE).
#pragma once

#include <string>

#include "clients/mysql/mysql.h"

struct st_mysql;

namespace freshet::mysql {

/// The plugins that this address allows, in the client library's form. Plugins that send the password in plain text
/// need TLS and a server that has proven its name (ssl_verify=1), or password_in_clear=1 in the address. Plugins that
/// rely on the server's key are also allowed on this machine, through a socket or the loopback.
[[nodiscard]] std::string allowed_plugins(const Address& address);

/// Applies both rules; call it before connecting.
void keep_secrets(st_mysql* mysql, const Address& address);

/// For a login that failed for this reason, replaces the error by what the server wanted and what to do about it.
/// Leaves any other error as it is.
void explain_refusal(unsigned code, const std::string& server, Error& error);

}  // namespace freshet::mysql
