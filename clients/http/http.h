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
  std::string user;                  ///< basic authentication if not empty
  std::string password;
  std::string ca_file;  ///< PEM files; empty: the system's authorities, no client certificate
  std::string certificate_file;
  std::string key_file;
  bool verify = true;  ///< check the server's certificate and name
  int timeout_s = 10;
};

struct Response {
  int status = 0;
  std::string body;  ///< at most its first MiB
};

/// Sends a POST and waits for the answer, whatever its status. Does not follow redirects. An error (Unreachable) means
/// that there was no answer; it never contains user or password. Thread-safe.
[[nodiscard]] Result<Response> post(const Request& request);
/// The same as GET, without a body.
[[nodiscard]] Result<Response> get(const Request& request);

}  // namespace freshet::http
