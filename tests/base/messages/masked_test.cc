#include "base/messages/masked.h"

#include <gtest/gtest.h>

#include <cstring>

namespace freshet {
namespace {

TEST(Masked, PasswordsOfUrls) {
  EXPECT_EQ(masked("mysql://me:secret@host:3306/shop?socket=/a"), "mysql://me:***@host:3306/shop?socket=/a");
  EXPECT_EQ(masked("mysql://me:s@c/r:e t"), "mysql://me:***@c/r:e t") << "a word is what there is";
  EXPECT_EQ(masked("mysql://me:s@cr/e:t@host/shop, and \"https://a:b@c\""),
            "mysql://me:***@host/shop, and \"https://a:***@c\"");
  EXPECT_EQ(masked("${FRESHET_MYSQL:-mysql://me:secret@host/shop}"), "${FRESHET_MYSQL:-mysql://me:***@host/shop}");
  EXPECT_EQ(masked("mysql://${WHO:-mysql://a:b@c}:x@host/shop").find(":b@"), std::string::npos);
}

TEST(Masked, SettingsThatAreSecret) {
  EXPECT_EQ(masked("kafka://h:9092?sasl.username=me&sasl.password=secret&acks=all"),
            "kafka://h:9092?sasl.username=me&sasl.password=***&acks=all");
  EXPECT_EQ(masked("h:9092?SSL.Key.Password=a&client.secret=b"), "h:9092?SSL.Key.Password=***&client.secret=***");
  EXPECT_EQ(masked("mysql://me@h/d?password_in_clear=1"), "mysql://me@h/d?password_in_clear=1");
}

TEST(Masked, WhatIsNoSecretStays) {
  for (const char* text : {"", "mysql://me@host/shop", "mysql://host:3306/shop", "mysql://me:${PASSWORD}@host/shop",
                           "at 12:30 a@b", "https://example.com/a?b=c&d=e", "${FRESHET_MYSQL}", "a & b ? c"}) {
    EXPECT_EQ(masked(text), text);
  }
}

TEST(Masked, AChangeThatCannotBeSeenThroughIsNotShown) {
  EXPECT_EQ(masked_change("/connections/mysql", "mysql://me:secret@h/d"), "mysql://me:***@h/d");
  EXPECT_EQ(masked_change("/connections", R"({"mysql":"mysql:\/\/me:secret@h/d"})"), "***");
  EXPECT_EQ(masked_change("/connections/mysql", "mysql:/me:secret@h/d"), "***");
  for (const char* odd : {"mysql://me:x secret@h/d", "mysql://me:x\"secret@h/d", "mysql://me:://secret@h/d",
                          "mysql://me:x<secret@h/d", R"("mysql://me:secret@h/d")"}) {
    EXPECT_EQ(masked_change("/connections/mysql", odd), "***");
    std::string argument = std::string("--set=/connections/mysql=") + odd;
    char* arguments[] = {argument.data()};
    mask_arguments(1, arguments);
    EXPECT_EQ(argument.find("secret"), std::string::npos) << argument;
  }
  EXPECT_EQ(masked_change("/load/0/rate", R"("5\/s")"), R"("5\/s")");
}

TEST(Masked, ArgumentsInPlace) {
  char program[] = "freshet", with[] = "/connections/mysql=mysql://me:secret@h/d", brief[] = "mysql://me:s@h/d";
  char* arguments[] = {program, with, brief};
  mask_arguments(3, arguments);
  EXPECT_STREQ(program, "freshet");
  EXPECT_EQ(std::string(with).find("secret"), std::string::npos);
  EXPECT_STREQ(brief, "mysql://me:***@h");
}

}  // namespace
}  // namespace freshet
