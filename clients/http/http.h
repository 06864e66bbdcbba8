// HTTP: one request, one answer. The only place that includes curl.h.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace freshet::http {

struct Request {
  std::string url;  ///< http:// or https://, without user and password
  std::string body;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string user;                  ///< basic authentication when not empty
  std::string password;
  std::string ca_file;  ///< PEM files; empty: the system's authorities, no client certificate
  std::string certificate_file;
  std::string key_file;
  bool verify = true;  ///< the server's certificate and name
  int timeout_s = 10;
};

struct Response {
  int status = 0;
  std::string body;  ///< the first MiB of it
};

/// Sends a POST and waits for the answer, whatever its status; does not follow redirections. An error (Unreachable)
/// means that there was none; it never holds user or password. Safe from any thread.
[[nodiscard]] Result<Response> post(const Request& request);
/// The same without a body.
[[nodiscard]] Result<Response> get(const Request& request);

}  // namespace freshet::http
