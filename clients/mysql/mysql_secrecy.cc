#include "clients/mysql/mysql_secrecy.h"

#include <errmsg.h>
#include <mysql.h>

#include <cstring>

namespace freshet::mysql {

namespace {

// These plugins prove the password without revealing it.
constexpr const char* kProofs = "mysql_native_password,client_ed25519,parsec,auth_gssapi_client";
// Not mysql_old_password: its hash is as good as the password.
constexpr const char* kKeyOfServer = ",caching_sha2_password,sha256_password";
constexpr const char* kReadable = ",mysql_clear_password,dialog";

bool says_yes(const Address& address, const char* option) {
  const auto found = address.options.find(option);
  return found != address.options.end() && found->second == "1";
}

bool on_this_machine(const Address& address) {
  return !address.socket.empty() || address.host == "localhost" || address.host == "::1" ||
         address.host.starts_with("127.");
}

// Refuses every file that a server asks for.
int refuse_file(void**, const char*, void*) { return 1; }
int read_nothing(void*, char*, unsigned) { return -1; }
void end_nothing(void*) {}
int say_refused(void*, char* text, unsigned size) {
  std::strncpy(text, "the server asked for a file of this machine; the request was refused", size - 1);
  text[size - 1] = '\0';
  return CR_UNKNOWN_ERROR;
}

}  // namespace

std::string allowed_plugins(const Address& address) {
  const bool readable = says_yes(address, "ssl_verify") || says_yes(address, "password_in_clear");
  std::string plugins = kProofs;
  if (readable || on_this_machine(address)) plugins += kKeyOfServer;
  if (readable) plugins += kReadable;
  return plugins;
}

void keep_secrets(st_mysql* mysql, const Address& address) {
  mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, allowed_plugins(address).c_str());
  const unsigned off = 0;
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
  mysql_set_local_infile_handler(mysql, refuse_file, read_nothing, end_nothing, say_refused, nullptr);
}

void explain_refusal(unsigned code, const std::string& server, Error& error) {
  if (code != CR_PLUGIN_NOT_ALLOWED) return;
  // The library names the plugin that was in use before the server switched to another.
  error.message = server + ": the server requests an authentication method that is not allowed";
  error.hint =
      "the server asks for the password in a form that it, or anyone in between, could read, so it was not sent; set "
      "ssl_ca and ssl_verify=1 in the URL to make the server prove its name first, or password_in_clear=1 to send it "
      "anyway";
}

}  // namespace freshet::mysql
