// How changes are delivered: the size of a transaction, and the metadata of a message.
#pragma once

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// Reads the member "commit" of a written table: {"changes": 200} or {"events": 1}.
void read_commit(const Json& mysql, MysqlTarget& out, Context& context);
/// Tables of one connection share their transactions: applies the declaration of one of them to all, and reports
/// different ones. Call after all of "write" is read.
void share_commits(const Json& write, Context& context);
/// Reads the members "headers", "compression", "transaction" and "faults" of a topic.
void read_message(const Json& kafka, KafkaTarget& out, Context& context);

}  // namespace freshet::loading
