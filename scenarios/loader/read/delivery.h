// How what is written is delivered: what a transaction holds, and what goes with a message.
#pragma once

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// The member "commit" of a table that is written: {"changes": 200} or {"events": 1}.
void read_commit(const Json& mysql, MysqlTarget& out, Context& context);
/// Tables of one connection share their transactions: gives what one of them declares to all, and reports two that
/// differ. After all of "write".
void share_commits(const Json& write, Context& context);
/// The members "headers", "compression", "transaction" and "faults" of a topic.
void read_message(const Json& kafka, KafkaTarget& out, Context& context);

}  // namespace freshet::loading
