// Schema registry: the part of Confluent's HTTP interface that a producer and a consumer need.
//
//   http[s]://[USER[:PASSWORD]@]HOST[:PORT][/PATH][?ssl_ca=FILE&ssl_cert=FILE&ssl_key=FILE&ssl_verify=0]
//
// User and password may contain %XX escapes.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace freshet::registry {

struct Address {
  std::string url;  ///< without user, password and query
  std::string user;
  std::string password;
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  bool verify = true;
};

/// The error (Usage) says what is wrong with the URL, without repeating anything that may be secret.
[[nodiscard]] Result<Address> parse_address(const std::string& url);

/// Registers an Avro schema under a subject ("TOPIC-value") and returns its id, which is the same for the same schema.
/// An error (Unreachable) includes the registry's message.
[[nodiscard]] Result<std::uint32_t> register_schema(const Address& address, const std::string& subject,
                                                    const std::string& schema);

/// The registry's entry with this id: a JSON object whose member "schema" is the text of the schema. Errors likewise.
[[nodiscard]] Result<std::string> find_schema(const Address& address, std::uint32_t id);

}  // namespace freshet::registry
