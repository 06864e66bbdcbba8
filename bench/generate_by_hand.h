// The basket of split-sales written by hand, as a person would who knows that no other scenario will ever be asked for:
// the reference against which the compiled program is measured. It draws from the same streams and gives the same
// bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rows.h"
#include "base/text/buffer.h"
#include "base/text/put.h"
#include "generator/model/model.h"
#include "generator/row/keys.h"
#include "generator/time/picker.h"
#include "scenarios/model/scenario.h"

namespace freshet::bench {

class BasketByHand {
 public:
  /// Reads products, clerks and stores from `rows` once; both outlive it.
  BasketByHand(const Scenario& scenario, const Rows& rows, const RunIdentity& identity);

  /// The basket of an insert as one JSON object and a line break, or as an Avro datum.
  void append_json(const Change& change, Buffer& out);
  void append_avro(const Change& change, Buffer& out);

 private:
  struct Product {
    std::string id, name, brand, category;
    /// Prices in cents from an instant on; the first is there from the beginning.
    std::vector<std::pair<Micros, std::int64_t>> prices;
    [[nodiscard]] std::int64_t price_at(Micros instant) const;
  };
  struct Clerk {
    std::string id, name, surname, store_id, store_name;
  };
  struct Item {
    const Product* product;
    std::int64_t price, quantity, subtotal;
  };
  struct Basket {
    UuidText key;
    std::int64_t terminal;
    const Clerk* clerk;
    std::int64_t total, nett, vat;
    std::string_view sold_at, sold_ms;  ///< texts
  };
  Basket draw_basket(const Change& change);

  WallTime epoch_;
  UuidKey keys_;
  InstancePicker products_by_rank_;
  Stream terminal_, clerk_, count_, item_product_, item_quantity_;
  std::vector<Product> products_;
  std::vector<Clerk> clerks_;
  std::vector<Item> items_;
  TimeText times_;
  char sold_at_[TimeText::kMost];
  char sold_ms_[kMostNumber];
};

}  // namespace freshet::bench
