#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "harness/load/event_route.hpp"

namespace cellmon::harness::peer {

/// How to see what a server has kept: a route of it, or a command.
struct KeptWay {
    /// What is told: how many events; their ids; the events themselves.
    enum class What { number, ids, events };
    /// JSON; a JSON value a line; a text, of which each line is an id, or all of it the number.
    enum class Format { json, ndjson, text };

    What what = What::number;
    Format format = Format::json;
    std::string get;                   ///< Path; empty: `command`. `{after}` asks for a page.
    std::vector<std::string> command;  ///< Prints it.
    std::string pointer;               ///< JSON pointer to the number or the list; empty: all.
    std::string item;   ///< JSON pointer, in each of the list, to the id or the event; empty: all.
    std::string after;  ///< JSON pointer, in the last of a page, to what `{after}` becomes.
    double settle_s = 10;  ///< How long it may take until what was accepted is there.
};

/// A server that speaks another contract than ours, as docs/reference/plan.md has the words.
struct TargetProfile {
    std::string name;  ///< As reports have it in place of a profile's.
    std::string title;
    std::string title_ja;
    std::string url;    ///< Empty: a free port of the loopback, which `{port}` stands for.
    EventRoute events;  ///< Its rule is always there.
    std::string ready;  ///< Path that answers 2xx when it is well; empty: it takes connections.
    std::map<std::string, std::string, std::less<>> headers;  ///< Of each request. `${NAME}`.
    KeptWay kept;

    std::vector<std::string> command;      ///< Starts it; empty: somebody else has.
    std::vector<std::string> environment;  ///< `NAME=VALUE` each.
    std::string directory;  ///< Where commands run: that of the profile, unless it says another.
    double ready_s = 60;    ///< How long its start may take.

    std::string process_command;  ///< A piece of its command line, for the monitor,
    std::string pid_file;         ///< or a file with its pid; without both: by its port.

    [[nodiscard]] bool is_started() const { return !command.empty(); }
    /// What a report calls it: the title, with the URL of one that runs.
    [[nodiscard]] std::string description() const;
};

/// ErrorCode::invalid with file, line, key and reason for an unknown key, a wrong type, what is
/// missing or contradicts something else. `file` names the text; `directory` is where commands run
/// unless the profile says another.
Result<TargetProfile> read_target(std::string_view toml, std::string_view file,
                                  const std::string& directory);

/// One that belongs to the program, by its name, or a file, by its path. ErrorCode::not_found when
/// it is neither.
Result<TargetProfile> load_target(const std::string& name_or_path);

/// All of it, for a person and as JSON. Values of headers are not shown: they may be secrets.
[[nodiscard]] std::string text_of(const TargetProfile& target);
[[nodiscard]] std::string json_of(const TargetProfile& target);

[[nodiscard]] std::string_view name_of(KeptWay::What what);
[[nodiscard]] std::string_view name_of(KeptWay::Format format);

}  // namespace cellmon::harness::peer
