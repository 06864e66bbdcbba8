// FileOutput: writes to a file or to standard output. A file grows under another name and gets its own when it is
// complete.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/interruptible_output.h"
#include "base/result.h"

namespace freshet {

/// For one thread at a time. SIGPIPE must be ignored.
class FileOutput {
 public:
  /// Opens "PATH.partial", and takes over the remains of a killed process. Refuses (Usage) an existing PATH unless
  /// `overwrite`; then it stays until finish(). Also refuses a PATH that another process is writing.
  [[nodiscard]] static Result<FileOutput> create(const std::string& path, bool overwrite);
  /// `stopped` ends the wait for a reader that does not read.
  [[nodiscard]] static FileOutput standard_output(InterruptibleOutput::Stopped stopped);
  FileOutput(FileOutput&& other) noexcept;
  FileOutput& operator=(FileOutput&& other) noexcept;
  /// Removes an unfinished file.
  ~FileOutput();

  /// Writes all bytes. Returns false if the reader of the pipe has gone. A full disk is an error, and so (Interrupted)
  /// is a stop while the reader does not read.
  Result<bool> write(std::string_view bytes);
  /// Gives the file its name. Nothing may be written afterwards.
  Status finish();

 private:
  FileOutput(std::string path, std::unique_ptr<InterruptibleOutput> output, int descriptor);
  [[nodiscard]] std::string partial() const { return path_ + ".partial"; }
  void abandon();
  [[nodiscard]] Status close_and_rename();

  std::string path_;  ///< empty: standard output
  int descriptor_ = -1;
  std::unique_ptr<InterruptibleOutput> output_;  ///< all writes to the descriptor go through it
};

}  // namespace freshet
