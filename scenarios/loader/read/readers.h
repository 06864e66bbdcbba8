// The readers of a file's parts. Each fills its part of Context::scenario, in the order of this list.
#pragma once

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// Fills Context::scenario.entities, parents and referenced entities first, without stamp columns.
void read_entities(const Json& root, Context& context);
/// Adds the stamp columns. Call after everything that looks for columns by name.
void append_stamps(Scenario& scenario);
void read_load(const Json& root, Context& context);
/// Reads connections, then where entities are written.
void read_connections(const Json& root, Context& context);
void read_write(const Json& root, Context& context);
void read_views(const Json& root, Context& context);
void read_observe(const Json& root, Context& context);
void read_pipeline(const Json& root, Context& context);
void read_slo(const Json& root, Context& context);
/// Reports that a view at `origin` needs an entity that is not written.
void require_written(EntityId base, const Origin& origin, Context& context);

}  // namespace freshet::loading
