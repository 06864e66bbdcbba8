#include "generate_by_hand.h"

#include <bit>
#include <cstring>

#include "base/result.h"
#include "generator/draw/random.h"
#include "generator/model/scenario_model.h"

namespace freshet::bench {
namespace {

constexpr std::string_view kZone = "+02:00";
constexpr Micros kZoneOffset = 2 * 3600 * kMicrosPerSecond;

std::shared_ptr<const Popularity> popularity_of(const Rows& rows, EntityId entity) {
  const auto* model = dynamic_cast<const ScenarioModel*>(&rows);
  FRESHET_CHECK(model != nullptr, "the rows of make_model");
  return model->timeline().popularity(entity);
}

/// Reads columns of rows by name.
class Reader {
 public:
  Reader(const Scenario& scenario, const Rows& rows, const char* entity)
      : rows_(rows), id_(*scenario.find_entity(entity)), type_(rows.type_of(id_)) {}
  void read(Ordinal ordinal, Version version) { rows_.row(id_, ordinal, version, row_); }
  [[nodiscard]] const Cell& cell(const char* column) const { return row_[type_.find(column).value()]; }
  [[nodiscard]] std::string text(const char* column) const { return std::string(row_.text_of(cell(column))); }
  [[nodiscard]] EntityId id() const { return id_; }

 private:
  const Rows& rows_;
  EntityId id_;
  const RecordType& type_;
  Row row_;
};

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}
template <std::size_t N>
char* put_literal(char* at, const char (&text)[N]) {
  std::memcpy(at, text, N - 1);
  return at + N - 1;
}

char* put_long(char* at, std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  while (rest >= 0x80) {
    *at++ = static_cast<char>(rest | 0x80);
    rest >>= 7;
  }
  *at++ = static_cast<char>(rest);
  return at;
}
char* put_avro(char* at, std::string_view text) {
  *at++ = 2;
  return put(put_long(at, static_cast<std::int64_t>(text.size())), text);
}
char* put_avro(char* at, std::int64_t value) {
  *at++ = 2;
  return put_long(at, value);
}
char* put_avro_cents(char* at, std::int64_t cents) {
  *at++ = 2;
  const int size = (71 - std::countl_zero(static_cast<std::uint64_t>(cents) | 1) + 1) / 8;
  *at++ = static_cast<char>(2 * size);
  for (int i = size; i-- > 0;) *at++ = static_cast<char>(cents >> (8 * i));
  return at;
}

constexpr std::size_t kMostHead = 1024;
constexpr std::size_t kMostItem = 512;

}  // namespace

std::int64_t BasketByHand::Product::price_at(Micros instant) const {
  std::size_t i = prices.size() - 1;
  while (i > 0 && prices[i].first > instant) --i;
  return prices[i].second;
}

BasketByHand::BasketByHand(const Scenario& scenario, const Rows& rows, const RunIdentity& identity)
    : epoch_(identity.epoch),
      keys_(Stream{draw(stream_of(identity.seed, "basket", "#key"), identity.salt)}),
      products_by_rank_(Pick{picks::Zipf{0.75}}, popularity_of(rows, *scenario.find_entity("product")),
                        stream_of(identity.seed, "basket", "basketItems.product")),
      terminal_(stream_of(identity.seed, "basket", "terminalPoint")),
      clerk_(stream_of(identity.seed, "basket", "clerk")),
      count_(stream_of(identity.seed, "basket", "basketItems")),
      item_product_(stream_of(identity.seed, "basket", "basketItems.product")),
      item_quantity_(stream_of(identity.seed, "basket", "basketItems.quantity")) {
  Reader products(scenario, rows, "product");
  std::vector<LifeEvent> life;
  for (Ordinal i = 0; i < rows.count(products.id()); ++i) {
    life.clear();
    rows.life_of(products.id(), i, life);
    Product product;
    for (const LifeEvent& event : life) {
      products.read(i, event.version);
      product.prices.emplace_back(event.intended, products.cell("price").number);
    }
    product.id = products.text("id");
    product.name = products.text("name");
    product.brand = products.text("brand");
    product.category = products.text("category");
    products_.push_back(std::move(product));
  }
  std::map<std::string, std::string> store_names;
  Reader stores(scenario, rows, "store");
  for (Ordinal i = 0; i < rows.count(stores.id()); ++i) {
    stores.read(i, 1);
    store_names[stores.text("id")] = stores.text("name");
  }
  Reader clerks(scenario, rows, "clerk");
  for (Ordinal i = 0; i < rows.count(clerks.id()); ++i) {
    clerks.read(i, 1);
    const std::string store = clerks.text("store.id");
    clerks_.push_back({clerks.text("id"), clerks.text("name"), clerks.text("surname"), store, store_names[store]});
  }
}

BasketByHand::Basket BasketByHand::draw_basket(const Change& change) {
  Basket basket{};
  basket.key = keys_.render(change.ordinal);
  basket.terminal = 1 + static_cast<std::int64_t>(below(draw(terminal_, change.ordinal), 20));
  basket.clerk = &clerks_[below(draw(clerk_, change.ordinal), clerks_.size())];
  const std::size_t count = 1 + below(draw(count_, change.ordinal), 10);
  items_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t position = combine(change.ordinal, i);
    const Product& product = products_[products_by_rank_.pick(position)];
    const std::int64_t quantity = 1 + static_cast<std::int64_t>(below(draw(item_quantity_, position), 5));
    const std::int64_t price = product.price_at(change.intended);
    items_.push_back({&product, price, quantity, price * quantity});
    basket.total += price * quantity;
  }
  basket.nett = (basket.total * 200 + 114) / 228;  // total / 1.14, half away from zero
  basket.vat = basket.total - basket.nett;
  const std::int64_t at = epoch_micros(epoch_ + change.intended);
  char* end = times_.put(sold_at_, at + kZoneOffset.count(), 'T') - 3;  // milliseconds
  basket.sold_at = {sold_at_, static_cast<std::size_t>(put(end, kZone) - sold_at_)};
  basket.sold_ms = {sold_ms_, static_cast<std::size_t>(put_integer(sold_ms_, at / 1000) - sold_ms_)};
  return basket;
}

void BasketByHand::append_json(const Change& change, Buffer& out) {
  const Basket basket = draw_basket(change);
  char* at = out.room(kMostHead + items_.size() * kMostItem);
  at = put_literal(at, "{\"invoiceNumber\":\"");
  at = put(at, {basket.key.data(), basket.key.size()});
  at = put(put_literal(at, "\",\"saleDateTime_Ltz\":\""), basket.sold_at);
  at = put(put_literal(at, "\",\"saleTimestamp_Epoc\":\""), basket.sold_ms);
  at = put_integer(put_literal(at, "\",\"terminalPoint\":"), basket.terminal);
  at = put(put_literal(at, ",\"clerk\":{\"id\":\""), basket.clerk->id);
  at = put(put_literal(at, "\",\"name\":\""), basket.clerk->name);
  at = put(put_literal(at, "\",\"surname\":\""), basket.clerk->surname);
  at = put(put_literal(at, "\"},\"store\":{\"id\":\""), basket.clerk->store_id);
  at = put(put_literal(at, "\",\"name\":\""), basket.clerk->store_name);
  at = put_literal(at, "\"},\"basketItems\":[");
  for (const Item& item : items_) {
    at = put(put_literal(at, "{\"id\":\""), item.product->id);
    at = put(put_literal(at, "\",\"name\":\""), item.product->name);
    at = put(put_literal(at, "\",\"brand\":\""), item.product->brand);
    at = put(put_literal(at, "\",\"category\":\""), item.product->category);
    at = put_decimal(put_literal(at, "\",\"price\":"), item.price, 2);
    at = put_integer(put_literal(at, ",\"quantity\":"), item.quantity);
    at = put_decimal(put_literal(at, ",\"subtotal\":"), item.subtotal, 2);
    at = put_literal(at, "},");
  }
  --at;
  at = put_decimal(put_literal(at, "],\"total\":"), basket.total, 2);
  at = put_decimal(put_literal(at, ",\"nett\":"), basket.nett, 2);
  at = put_decimal(put_literal(at, ",\"vat\":"), basket.vat, 2);
  at = put_literal(at, ",\"version\":1,\"updated_at\":\"");
  at = times_.put_iso(at, epoch_micros(epoch_ + change.intended));
  out.took(put_literal(at, "\"}\n"));
}

void BasketByHand::append_avro(const Change& change, Buffer& out) {
  const Basket basket = draw_basket(change);
  char* at = out.room(kMostHead + items_.size() * kMostItem);
  at = put_long(at, kUuidLength);
  at = put(at, {basket.key.data(), basket.key.size()});
  at = put_avro(put_avro(at, basket.sold_at), basket.sold_ms);
  at = put_avro(at, basket.terminal);
  at = put_avro(put_avro(put_avro(at, basket.clerk->id), basket.clerk->name), basket.clerk->surname);
  at = put_avro(put_avro(at, basket.clerk->store_id), basket.clerk->store_name);
  at = put_avro(at, static_cast<std::int64_t>(items_.size()));  // the branch, and a block of that many items
  for (const Item& item : items_) {
    at = put_avro(put_avro(at, item.product->id), item.product->name);
    at = put_avro(put_avro(at, item.product->brand), item.product->category);
    at = put_avro_cents(at, item.price);
    at = put_avro(at, item.quantity);
    at = put_avro_cents(at, item.subtotal);
  }
  *at++ = 0;
  at = put_avro_cents(put_avro_cents(put_avro_cents(at, basket.total), basket.nett), basket.vat);
  at = put_long(at, 1);
  out.took(put_long(at, epoch_micros(epoch_ + change.intended)));
}

}  // namespace freshet::bench
