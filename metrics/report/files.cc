#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/interruptible_output.h"
#include "metrics/report/report.h"

namespace freshet {

namespace {

std::string beside_of(const std::string& path) { return path + ".part"; }

Status write_beside(const std::string& path, const std::string& text, unsigned mode) {
  const std::string beside = beside_of(path);
  const auto failed = [&](const char* what) {
    Error error{ErrorKind::Unreachable, std::string("cannot ") + what + " " + path + ": " + std::strerror(errno), ""};
    ::unlink(beside.c_str());
    return error;
  };
  ::unlink(beside.c_str());  // left by a run that was killed; an existing file would keep its mode
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return failed("create");
  if (const int reason = InterruptibleOutput(file).write(text); reason != 0) {
    ::close(file);
    errno = reason;
    return failed("write");
  }
  if (::fsync(file) != 0 || ::close(file) != 0) return failed("write");
  return {};
}

Status put_in_place(const std::string& path) {
  const std::string beside = beside_of(path);
  if (std::rename(beside.c_str(), path.c_str()) == 0) return {};
  const int reason = errno;
  ::unlink(beside.c_str());
  return Error{ErrorKind::Unreachable, "cannot rename " + beside + ": " + std::strerror(reason), ""};
}

}  // namespace

Status write_whole_file(const std::string& path, const std::string& text, unsigned mode) {
  FRESHET_TRY(write_beside(path, text, mode));
  return put_in_place(path);
}

Status write_reports(const RunRecord& record, const std::string& directory) {
  const std::pair<const char*, std::string (*)(const RunRecord&)> reports[] = {
      {"seconds.ndjson", seconds_ndjson}, {"junit.xml", junit_xml},     {"summary.md", summary_markdown},
      {"report.html", report_html},       {"result.json", result_json},
  };
  // All files or none: a page must not say PASS if the result could not be written.
  Status status;
  for (const auto& [name, render] : reports) {
    if (status.ok()) status = write_beside(directory + "/" + name, render(record), 0600);
  }
  std::vector<std::string> placed;
  for (const auto& [name, render] : reports) {
    const std::string path = directory + "/" + name;
    if (status.ok()) status = put_in_place(path);
    if (status.ok()) placed.push_back(path);
    if (!status.ok()) ::unlink(beside_of(path).c_str());
  }
  if (status.ok()) return status;
  for (const std::string& path : placed) ::unlink(path.c_str());
  return status;
}

}  // namespace freshet
