// Addresses: where the servers of a scenario are, each as its own backend knows it.
#pragma once

#include <any>
#include <cstddef>
#include <vector>

#include "base/environment.h"
#include "base/result.h"

namespace freshet {

struct Addresses {
  /// Indexed like Scenario::connections: a mysql::Address, a kafka::Address, or what else a backend makes of a URL.
  /// Empty: the connection is not used.
  std::vector<std::any> servers;
  /// For what targets name beside their connection, such as a schema registry.
  Environment environment = [](const std::string&) -> const char* { return nullptr; };
};

/// The address of a connection that is used, and is of the backend with such addresses.
template <class Address>
[[nodiscard]] const Address& address_at(const Addresses& addresses, std::size_t connection) {
  const auto* address = std::any_cast<Address>(&addresses.servers.at(connection));
  FRESHET_CHECK(address != nullptr, "a connection has the address of another backend");
  return *address;
}

}  // namespace freshet
