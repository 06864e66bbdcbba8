// Schema registry: the part of Confluent's HTTP interface that a producer and a consumer need.
//
//   http[s]://[USER[:PASSWORD]@]HOST[:PORT][/PATH][?ssl_ca=FILE&ssl_cert=FILE&ssl_key=FILE&ssl_verify=0]
//
// User and password may hold %XX.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace freshet::registry {

struct Address {
  std::string url;  ///< without user, password and what follows ?
  std::string user;
  std::string password;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  bool verify = true;
};

/// The error (Usage) says what is wrong with the URL and repeats nothing of it that may be secret.
[[nodiscard]] Result<Address> parse_address(const std::string& url);

/// Registers an Avro schema under a subject ("TOPIC-value") and returns its id, the same for the same schema. An error
/// (Unreachable) tells what the registry said.
[[nodiscard]] Result<std::uint32_t> register_schema(const Address& address, const std::string& subject,
                                                    const std::string& schema);

/// What the registry has under this id: a JSON object whose member "schema" is the schema's text. Errors likewise.
[[nodiscard]] Result<std::string> find_schema(const Address& address, std::uint32_t id);

}  // namespace freshet::registry
