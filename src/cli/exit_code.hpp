#pragma once

namespace cellmon::cli {

/// What the program's exit status means, the same for every subcommand (`cellmon --help` lists
/// them).
enum ExitCode : int {
    kExitOk = 0,
    kExitVerdict = 1,  ///< The check was made and a promise does not hold.
    kExitUsage = 2,    ///< The arguments or the configuration are wrong.
    kExitEnvironment =
        3,              ///< The machine does not let it: port taken, no permission, file damaged.
    kExitFailure = 4,   ///< The server had to stop by itself.
    kExitInvalid = 5,   ///< The measurement says more of its own program than of what it measures.
    kExitCritical = 6,  ///< The monitor has seen what is critical.
};

}  // namespace cellmon::cli
