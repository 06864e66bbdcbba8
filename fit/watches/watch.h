// Watches: each collects one declared value of an entity from row after row, and in the end compares it with its
// declaration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/row.h"
#include "fit/checks/fit_report.h"
#include "fit/watches/fit_input.h"

namespace freshet {

/// A record to be collected: a row, or an item of a list in it. Columns of the record start at `base`.
struct Sight {
  const Row& row;
  std::size_t base = 0;
  Ordinal ordinal = 0;
  Micros created{};   ///< intended time of the instance's first version
  Micros intended{};  ///< of this version
  [[nodiscard]] const Cell& cell(std::size_t column) const { return row.cells[base + column]; }
};

class Watch {
 public:
  Watch() = default;
  virtual ~Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  /// `column` is counted from the base of the record.
  virtual void see(const Sight& sight, std::size_t column) = 0;
  virtual void conclude(std::vector<FitCheck>& out) const = 0;
};

/// The subject of a watch.
struct WatchPlace {
  const FitInput& input;
  EntityId entity{};
  std::string subject;  ///< column, followed by a condition: "price [product_name = Laptop]"
  bool set = false;     ///< a value that a later version sets: the values it depends on cannot be seen
};

/// Makes the watch of a value; never null (what cannot be tested is listed as such).
[[nodiscard]] std::unique_ptr<Watch> watch_value(const WatchPlace& place, const Expression& value);

/// All fields of a row or of a list's item.
class RecordWatch {
 public:
  /// `first`: column of the first field. A field without a value occupies a column and is not watched.
  RecordWatch(const FitInput& input, EntityId entity, const std::string& prefix, const std::vector<Field>& fields,
              std::size_t first);
  void see(const Sight& sight) const;
  void conclude(std::vector<FitCheck>& out) const;

 private:
  struct Part {
    std::size_t column;
    std::unique_ptr<Watch> watch;
  };
  std::vector<Part> parts_;
};

/// The number of columns of a field in its record.
[[nodiscard]] std::size_t columns_of(const Field& field);
/// A check for this place, still without a verdict.
[[nodiscard]] FitCheck check_of(const WatchPlace& place, const std::string& aspect);

}  // namespace freshet
