#include "clients/http/registry.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/row.h"
#include "base/text/percent.h"
#include "clients/http/http.h"

namespace freshet::registry {
namespace {

// Not USER[:PASSWORD]@, which would be masked like a real URL.
constexpr const char* kForm = "http[s]://[USER@]HOST[:PORT][/PATH], where USER may be followed by :PASSWORD";
constexpr int kOk = 200;
/// How much of an answer a message quotes.
constexpr std::size_t kMostQuoted = 300;

Error malformed(const std::string& what) {
  return Error{ErrorKind::Usage, "schema registry: " + what, std::string("expected ") + kForm};
}

Status apply_option(std::string_view option, Address& address) {
  const std::size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  const auto value = equals == std::string_view::npos ? std::nullopt : percent_decoded(option.substr(equals + 1));
  if (!value) return malformed("an option after ? is malformed");
  if (name == "ssl_ca") {
    address.ca_file = *value;
  } else if (name == "ssl_cert") {
    address.certificate_file = *value;
  } else if (name == "ssl_key") {
    address.key_file = *value;
  } else if (name == "ssl_verify" && (*value == "0" || *value == "1")) {
    address.verify = *value == "1";
  } else {
    return malformed("unknown option after ?: there are ssl_ca, ssl_cert, ssl_key and ssl_verify=0 or 1");
  }
  return {};
}

std::string json_text(const std::string& text) {
  Row row;
  row.reset(1);
  std::string out;
  append_json(row, row.add_text(text), ColumnType{}, out);
  return out;
}

/// The number after the top-level "id" of an answer. Inside a schema that the answer quotes, the quotes are escaped.
std::optional<std::uint32_t> id_in(std::string_view body) {
  constexpr std::string_view kName = "\"id\"";
  std::size_t at = body.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  at = body.find_first_not_of(" \t\r\n", at + kName.size());
  if (at == std::string_view::npos || body[at] != ':') return std::nullopt;
  at = body.find_first_not_of(" \t\r\n", at + 1);
  std::uint32_t id = 0;
  if (at == std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(body.data() + at, body.data() + body.size(), id);
  if (error != std::errc{} || end == body.data() + at) return std::nullopt;
  return id;
}

http::Request request_to(const Address& address, const std::string& path) {
  http::Request request;
  request.url = address.url + path;
  request.headers = {"Accept: application/vnd.schemaregistry.v1+json"};
  request.user = address.user;
  request.password = address.password;
  request.ca_file = address.ca_file;
  request.certificate_file = address.certificate_file;
  request.key_file = address.key_file;
  request.verify = address.verify;
  return request;
}

Error refusal(const std::string& context, const http::Response& answer) {
  return Error{ErrorKind::Unreachable,
               context + ": HTTP " + std::to_string(answer.status) + ": " + answer.body.substr(0, kMostQuoted),
               {}};
}

}  // namespace

Result<Address> parse_address(const std::string& url) {
  Address address;
  std::string_view rest = url;
  const std::size_t scheme = rest.find("://");
  const std::string_view name = rest.substr(0, scheme);
  if (scheme == std::string_view::npos || (name != "http" && name != "https")) {
    return malformed("its URL does not begin with http:// or https://");
  }
  rest.remove_prefix(scheme + 3);
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    std::string_view options = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
    while (!options.empty()) {
      const std::size_t next = options.find('&');
      FRESHET_TRY(apply_option(options.substr(0, next), address));
      options.remove_prefix(next == std::string_view::npos ? options.size() : next + 1);
    }
  }
  const std::size_t slash = rest.find('/');
  if (const std::size_t at = rest.substr(0, slash).rfind('@'); at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    const std::size_t colon = user.find(':');
    const auto decoded = percent_decoded(user.substr(0, colon));
    const auto password = colon == std::string_view::npos ? "" : percent_decoded(user.substr(colon + 1));
    if (!decoded || decoded->empty() || !password) return malformed("its user or password is malformed");
    address.user = *decoded;
    address.password = *password;
    rest.remove_prefix(at + 1);
  }
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (rest.empty() || rest.front() == ':' || rest.find_first_of(" \t\r\n@#") != std::string_view::npos) {
    return malformed("its host is malformed");
  }
  address.url = std::string(name) + "://" + std::string(rest);
  return address;
}

Result<std::uint32_t> register_schema(const Address& address, const std::string& subject, const std::string& schema) {
  http::Request request = request_to(address, "/subjects/" + percent_encoded(subject) + "/versions");
  request.headers.emplace_back("Content-Type: application/vnd.schemaregistry.v1+json");
  request.body = R"({"schemaType":"AVRO","schema":)" + json_text(schema) + "}";
  const std::string context = "schema registry at " + address.url + ", subject " + subject;
  const Result<http::Response> response = http::post(request);
  if (!response.ok()) return response.error().in(context);
  const http::Response& answer = response.value();
  if (answer.status == kOk) {
    if (const auto id = id_in(answer.body)) return *id;
  }
  return refusal(context, answer);
}

Result<std::string> find_schema(const Address& address, std::uint32_t id) {
  const std::string context = "schema registry at " + address.url + ", schema " + std::to_string(id);
  Result<http::Response> response = http::get(request_to(address, "/schemas/ids/" + std::to_string(id)));
  if (!response.ok()) return response.error().in(context);
  if (response.value().status == kOk) return std::move(response.value().body);
  return refusal(context, response.value());
}

}  // namespace freshet::registry
