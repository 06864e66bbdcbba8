// Connections: turns a URL with variables into the address of a server. No message repeats a URL, because it may
// contain a password.
#include "clients/connection.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "base/text/lower_case.h"
#include "base/text/percent.h"
#include "base/text/variables.h"

namespace freshet {
namespace {

constexpr std::string_view kMysqlScheme = "mysql://";
constexpr std::string_view kKafkaScheme = "kafka://";
// Not USER[:PASSWORD]@, which would be masked like a real URL.
constexpr const char* kMysqlForm = "mysql://USER@HOST[:PORT]/DATABASE, where USER may be followed by :PASSWORD";
constexpr const char* kKafkaForm = "HOST:PORT[,HOST:PORT…]";

Error malformed(const Connection& connection, const std::string& what, const char* form) {
  return Error{ErrorKind::Usage, "connection \"" + connection.name + "\": " + what + ", expected " + form, {}};
}

/// The variable for a connection without a URL.
std::string plain_variable(const std::string& name) { return "FRESHET_" + upper_case(name); }

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65535) return std::nullopt;
  return port;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

struct HostPort {
  std::string host;
  std::optional<std::string_view> port;
};

/// HOST, HOST:PORT, [IPV6] or [IPV6]:PORT.
std::optional<HostPort> split_host(std::string_view text) {
  HostPort out;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    out.host = text.substr(0, text.find(':'));
    rest = text.substr(out.host.size());
  }
  if (rest.empty()) return out;
  if (rest.front() != ':') return std::nullopt;
  out.port = rest.substr(1);
  return out;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Decodes NAME=VALUE&…. Returns nullopt if it is malformed.
std::optional<Parameters> parse_query(std::string_view query) {
  Parameters out;
  if (query.empty()) return out;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    auto value = percent_decoded(part.substr(equals + 1));
    if (!value) return std::nullopt;
    out.emplace_back(part.substr(0, equals), std::move(*value));
  }
  return out;
}

/// Removes "?…" from the end of `text` and returns it.
std::string_view cut_query(std::string_view& text) {
  const std::size_t mark = text.find('?');
  if (mark == std::string_view::npos) return {};
  const std::string_view query = text.substr(mark + 1);
  text = text.substr(0, mark);
  return query;
}

Status apply_mysql_option(const Connection& connection, const std::string& name, const std::string& value,
                          mysql::Address& address) {
  if (name == "socket") {
    address.socket = value;
  } else if (name == "ssl_ca" || name == "ssl_cert" || name == "ssl_key" || name == "ssl_verify" || name == "bulk" ||
             name == "password_in_clear") {
    address.options[name] = value;
  } else {
    return malformed(connection, "unknown option \"" + name + '"',
                     "socket, ssl_ca, ssl_cert, ssl_key, ssl_verify, bulk or password_in_clear");
  }
  return {};
}

/// USER[:PASSWORD]
Status apply_user(const Connection& connection, std::string_view text, const Environment& environment,
                  mysql::Address& address) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password =
      colon == std::string_view::npos ? std::optional<std::string>("") : percent_decoded(text.substr(colon + 1));
  if (!user || user->empty() || !password)
    return malformed(connection, "its user or password is malformed", kMysqlForm);
  address.user = *user;
  address.password = *password;
  if (colon != std::string_view::npos) return {};
  const char* from_environment = environment("FRESHET_MYSQL_PASSWORD");
  if (from_environment != nullptr) address.password = from_environment;
  return {};
}

/// True for characters of a host name or address. With = or ; in a host, the client library takes it for a list of
/// settings and connects to this machine.
bool may_be_in_host(char letter) {
  constexpr std::string_view kOthers = "._-:%";
  const auto byte = static_cast<unsigned char>(letter);
  return std::isalnum(byte) != 0 || byte >= 0x80 || kOthers.find(letter) != std::string_view::npos;
}

Status apply_host(const Connection& connection, std::string_view text, mysql::Address& address) {
  const auto host = split_host(text);
  if (!host || !std::all_of(host->host.begin(), host->host.end(), may_be_in_host)) {
    return malformed(connection, "its host is malformed", kMysqlForm);
  }
  if (!host->host.empty()) address.host = host->host;
  if (!host->port) return {};
  const auto port = parse_port(*host->port);
  if (!port) return malformed(connection, "its port is not a number from 1 to 65535", kMysqlForm);
  address.port = *port;
  return {};
}

}  // namespace

Result<std::string> resolve_url(const Connection& connection, const Environment& environment) {
  const std::string variable = connection_variable(connection.name);
  const char* replaced = environment(variable);
  if (replaced != nullptr && *replaced != '\0') return std::string(replaced);
  const std::string context = "connection \"" + connection.name + '"';
  const std::string hint = "set it, or " + variable + ", or use --embedded";
  if (connection.url.empty()) {
    const std::string plain = plain_variable(connection.name);
    const char* asked_for = environment(plain);
    if (asked_for != nullptr && *asked_for != '\0') return std::string(asked_for);
    return Error{ErrorKind::Unreachable, context + ": it has no URL, and the variable " + plain + " is not set",
                 "set it, or " + variable + ", or use --embedded"};
  }
  auto url = expand_variables(connection.url, environment);
  if (!url) {
    Error error = url.error().in(context);
    if (error.kind == ErrorKind::Unreachable) error.hint = hint;
    return error;
  }
  return url;
}

Result<mysql::Address> mysql_address(const Connection& connection, const Environment& environment) {
  const auto url = resolve_url(connection, environment);
  if (!url) return url.error();
  std::string_view rest = url.value();
  if (rest.substr(0, kMysqlScheme.size()) != kMysqlScheme) {
    return malformed(connection, "its URL does not begin with mysql://", kMysqlForm);
  }
  rest.remove_prefix(kMysqlScheme.size());
  const auto query = parse_query(cut_query(rest));
  const std::size_t slash = rest.rfind('/');
  const std::size_t at = rest.substr(0, slash).rfind('@');
  if (!query) return malformed(connection, "the part of its URL after ? is malformed", "NAME=VALUE&…");
  if (at == std::string_view::npos) return malformed(connection, "its URL has no user", kMysqlForm);
  const auto database = slash == std::string_view::npos ? std::nullopt : percent_decoded(rest.substr(slash + 1));
  if (!database || database->empty()) return malformed(connection, "its URL has no database", kMysqlForm);
  mysql::Address address;
  address.database = *database;
  FRESHET_TRY(apply_user(connection, rest.substr(0, at), environment, address));
  FRESHET_TRY(apply_host(connection, rest.substr(at + 1, slash - at - 1), address));
  for (const auto& [name, value] : *query) FRESHET_TRY(apply_mysql_option(connection, name, value, address));
  return address;
}

Result<kafka::Address> kafka_address(const Connection& connection, const Environment& environment) {
  const auto url = resolve_url(connection, environment);
  if (!url) return url.error();
  std::string_view rest = url.value();
  if (rest.substr(0, kKafkaScheme.size()) == kKafkaScheme) rest.remove_prefix(kKafkaScheme.size());
  const auto query = parse_query(cut_query(rest));
  if (!query) return malformed(connection, "the part of its URL after ? is malformed", "NAME=VALUE&…");
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  for (const std::string_view broker : split(rest, ',')) {
    const auto host = split_host(broker);
    if (!host || host->host.empty() || !host->port || !parse_port(*host->port)) {
      return malformed(connection, "a broker is malformed", kKafkaForm);
    }
    if (broker.find_first_of("/@ ") != std::string_view::npos) {
      return malformed(connection, "a broker is malformed", kKafkaForm);
    }
  }
  kafka::Address address;
  address.bootstrap = rest;
  for (const auto& [name, value] : *query) {
    if (name == "bootstrap.servers" || name == "metadata.broker.list") {
      return malformed(connection, "\"" + name + "\" after ?", "the brokers before it");
    }
    address.properties[name] = value;
  }
  return address;
}

Result<registry::Address> registry_address(const KafkaTarget& target, const Environment& environment) {
  const auto url = expand_variables(target.registry, environment);
  if (!url) return url.error().in("schema registry of topic " + target.topic);
  auto address = registry::parse_address(url.value());
  if (!address) return address.error().in("topic " + target.topic);
  return address;
}

}  // namespace freshet
