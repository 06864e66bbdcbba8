#include "clients/http/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace freshet::http {
namespace {

constexpr std::size_t kMostBody = std::size_t{1} << 20;

/// libcurl must be initialised once, before threads use it.
void set_up() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  const std::size_t given = size * count;
  body.append(bytes, std::min(given, kMostBody - std::min(kMostBody, body.size())));
  return given;
}

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void set_credentials(CURL* handle, const Request& request) {
  if (!request.user.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(handle, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, request.password.c_str());
  }
  if (!request.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
  if (!request.certificate_file.empty()) curl_easy_setopt(handle, CURLOPT_SSLCERT, request.certificate_file.c_str());
  if (!request.key_file.empty()) curl_easy_setopt(handle, CURLOPT_SSLKEY, request.key_file.c_str());
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
}

enum class Method { Get, Post };

Result<Response> ask(const Request& request, Method method) {
  set_up();
  const std::unique_ptr<CURL, FreeHandle> handle(curl_easy_init());
  if (!handle) return Error{ErrorKind::Internal, "no memory for an HTTP request", {}};
  std::unique_ptr<curl_slist, FreeList> headers;
  for (const std::string& header : request.headers) {
    curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
    if (longer == nullptr) return Error{ErrorKind::Internal, "no memory for an HTTP request", {}};
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  Response response;
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, static_cast<long>(request.timeout_s));
  curl_easy_setopt(handle.get(), CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  if (method == Method::Post) {
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, request.body.c_str());
  }
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &response.body);
  set_credentials(handle.get(), request);

  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    const std::string text = *reason != '\0' ? reason : curl_easy_strerror(code);
    return Error{ErrorKind::Unreachable, text, {}};
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  return response;
}

}  // namespace

Result<Response> post(const Request& request) { return ask(request, Method::Post); }
Result<Response> get(const Request& request) { return ask(request, Method::Get); }

}  // namespace freshet::http
