#pragma once

#include <chrono>
#include <string>

#include "base/patience.hpp"
#include "base/result.hpp"
#include "sinks/postgres/pipeline.hpp"

namespace cellmon::postgres {

/// Who leads: the one connection that projects a journal's events into the rows. It holds a lock
/// for as long as it lives, and its `application_name` says of which journal and process it is.
///
/// A lead that is alive speaks to PostgreSQL about once a second; one that has said nothing for
/// `silence`, although PostgreSQL waits for it, is dead, or cut off. A successor of the same
/// journal ends it, and everything that it left undone; one that speaks it leaves alone. So of two
/// servers with copies of one journal never each ends the other.
struct LeadOptions {
    std::string journal;  ///< Its id. Empty: the connection never leads.
    std::string process;  ///< Differs for each process, and is the same for all its connections.
    std::chrono::milliseconds silence{10'000};

    [[nodiscard]] std::string application_name() const;
};

/// Waits until no other connection of the journal leads: ends a dead one, and at once one of this
/// process, which has closed it. ErrorCode::mismatch when another server of the journal is alive,
/// locked when the old lead does not end.
///
/// That of another journal is none of our business: the cursor tells what to do about it.
Result<void> await_lead(Pipeline& pipeline, const LeadOptions& options, const Patience& patience);

/// Leads from now on. ErrorCode::locked when somebody else does.
Result<void> take_lead(Pipeline& pipeline);

}  // namespace cellmon::postgres
