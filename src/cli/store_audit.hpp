#pragma once

#include "cli/store_options.hpp"

namespace cellmon::cli {

struct StoreAuditOptions {
    StoreOptions stores;
    bool deep = false;
    bool repair = false;
    bool json = false;
};

/// Compares each store that is named with the journal and prints what was found; an exit code.
int audit_stores(const StoreAuditOptions& options);

}  // namespace cellmon::cli
