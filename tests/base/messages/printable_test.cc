// What of others' texts a terminal or a page would obey is shown and not sent.
#include "base/messages/printable.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

using namespace std::string_literals;

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(printable("\a\b\x7f"), "\\x07\\x08\\x7f");
  EXPECT_EQ(printable("x\ny\r\tz"), "x\\ny\\r\\tz");
  EXPECT_EQ(printable("a\0b"s), "a\\x00b");
  EXPECT_EQ(printable("\u009b31m"), "\\u{009b}31m");  // CSI of C1, as UTF-8
  EXPECT_EQ(printable("\x9b"
                      "31m"),
            "\\x9b31m");  // and as the one byte that a terminal of eight bits obeys
  EXPECT_EQ(printable("gold\u202edlog"), "gold\\u{202e}dlog");
  EXPECT_EQ(printable("a\u2028b\u2066c"), "a\\u{2028}b\\u{2066}c");
}

TEST(Printable, LeavesTextsAsTheyAre) {
  for (const char* text : {"", "Köln", "order 7 | \"Bonn \" <a&b> 'c' \\n", "値段", "🧺", "\u00a0", "\u0100"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(printable_lines(text), text);
  }
}

TEST(Printable, TakesBytesThatAreNoUtf8OneByOne) {
  EXPECT_EQ(printable("\xc3"), "\\xc3");                    // cut off
  EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");           // longer than need be
  EXPECT_EQ(printable("\xe0\x82\x9b"), "\\xe0\\x82\\x9b");  // likewise
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xffok\xe2\x82"), "\\xffok\\xe2\\x82");
}

TEST(Printable, OfLinesKeepsTheirEnds) { EXPECT_EQ(printable_lines("a\nb\x1b\r\n"), "a\nb\\x1b\\r\n"); }

TEST(Printable, JsonMeansTheSame) {
  EXPECT_EQ(printable_json("{\"a\": \"\u009b1\x7f\u202e\"}\n"), "{\"a\": \"\\u009b1\\u007f\\u202e\"}\n");
  EXPECT_EQ(printable_json("\"\\u001b \xff Köln\""), "\"\\u001b \\ufffd Köln\"");
}

}  // namespace
}  // namespace freshet
