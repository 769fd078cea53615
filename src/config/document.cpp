#include "config/document.hpp"

#include <fmt/core.h>

#include "config/descriptors.hpp"

namespace cellmon::config {

std::string configuration_page() {
    std::string page = R"(# Configuration

Everything `cellmon serve` can be told. Made from the table in `src/config/descriptor_table.cpp`; the test of
that module says how to write it anew.

Each value comes from the last of these that names it:

1. its default;
2. a TOML file: `--config FILE`, else `CELLMON_CONFIG`, else `cellmon.toml` in the data directory when it exists.
   `http.body_bytes` is the key `body_bytes` in the table `[http]`;
3. an environment variable;
4. a flag.

Sizes are whole numbers with `B`, `KiB`, `MiB` or `GiB` behind them (`64MiB`); durations have `ms`, `s`, `min` or `h`
(`30s`); shares have `%`. An unknown key or `CELLMON_` variable stops the start, and so does a value that is not allowed; the message names
the place, the value, the reason and what is allowed. `CELLMON_CLASS_KEY`, `CELLMON_TOKEN` and
`CELLMON_GRAFANA_TOKEN` are no settings: they are for the commands that are clients of a server, or of Grafana.

```toml
[server]
listen = "127.0.0.1:8000"

[http]
body_bytes = "16MiB"
idle_timeout = "2min"
```
)";
    const Config defaults;
    std::string section;
    for (const Descriptor& descriptor : descriptors()) {
        const std::string head(descriptor.key.substr(0, descriptor.key.find('.')));
        if (head != section) {
            section = head;
            page += fmt::format(
                "\n## {}\n\n| Key | Flag and variable | Default | Allowed | Meaning |\n"
                "|---|---|---|---|---|\n",
                section);
        }
        page +=
            fmt::format("| `{}` | `{}`<br>`{}` | `{}` | {} | {} |\n", descriptor.key,
                        flag_of(descriptor), variable_of(descriptor), shown(descriptor, defaults),
                        allowed_of(descriptor), descriptor.description);
    }
    return page;
}

}  // namespace cellmon::config
