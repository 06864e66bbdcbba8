// Keys lead back to their ordinals, and nothing else does.
#include "generator/row/keys.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

std::string text_of(const UuidText& uuid) { return {uuid.data(), uuid.size()}; }

TEST(AUuidKey, LooksLikeVersionFourAndLeadsBack) {
  const UuidKey key(Stream{42});
  for (const Ordinal ordinal :
       {Ordinal{0}, Ordinal{1}, Ordinal{2}, Ordinal{123'456'789}, Ordinal{1} << 40, (Ordinal{1} << 48) - 1}) {
    const std::string text = text_of(key.render(ordinal));
    ASSERT_EQ(text.size(), 36u);
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
    EXPECT_EQ(key.parse(text), ordinal);
  }
}

TEST(AUuidKey, HasAKnownValue) {
  EXPECT_EQ(text_of(UuidKey(Stream{42}).render(7)), "a9e726cd-249f-418a-b202-8f50341ebd74");
}

TEST(AUuidKey, NoChangedDigitLeadsAnywhere) {
  const UuidKey key(Stream{42});
  const std::string text = text_of(key.render(99));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char other : std::string("0123456789abcdefABCDEF- g")) {
      if (other == text[i]) continue;
      std::string tampered = text;
      tampered[i] = other;
      EXPECT_EQ(key.parse(tampered), std::nullopt) << tampered;
    }
  }
  EXPECT_EQ(key.parse(text + "0"), std::nullopt);
  EXPECT_EQ(key.parse(""), std::nullopt);
}

TEST(AUuidKey, OfAnotherStreamLeadsNowhere) {
  const UuidKey mine(Stream{42});
  const UuidKey other(Stream{43});
  for (Ordinal ordinal = 0; ordinal < 1000; ++ordinal) {
    EXPECT_EQ(mine.parse(text_of(other.render(ordinal))), std::nullopt);
  }
}

std::string render(const SequenceFormat& format, Ordinal ordinal) {
  std::string out;
  format.append(ordinal, out);
  return out;
}

TEST(ASequence, FormatsAndLeadsBack) {
  const SequenceFormat padded("P%07d-x", 1);
  EXPECT_EQ(render(padded, 0), "P0000001-x");
  EXPECT_EQ(render(padded, 9'999'998), "P9999999-x");
  EXPECT_EQ(render(padded, 9'999'999), "P10000000-x") << "grows beyond its digits";
  EXPECT_EQ(render(SequenceFormat("%d", 0), 12), "12");
  EXPECT_EQ(render(SequenceFormat("3242134%02d", 1), 7), "324213408");
  for (const Ordinal ordinal : {Ordinal{0}, Ordinal{41}, Ordinal{9'999'999}, Ordinal{1} << 40}) {
    EXPECT_EQ(padded.parse(render(padded, ordinal)), ordinal);
  }
}

TEST(ASequence, OnlyItsOwnSpellingLeadsBack) {
  const SequenceFormat format("P%04d", 1);
  for (const char* text : {"", "P", "P1", "P00001", "P000a", "P 001", "P+001", "P-001", "P0000", "p0001", "0001",
                           "P0001 ", "P99999999999999999999"}) {
    EXPECT_EQ(format.parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(format.parse("P0001"), Ordinal{0});
}

}  // namespace
}  // namespace freshet
