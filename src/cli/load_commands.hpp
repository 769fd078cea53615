#pragma once

namespace CLI {
class App;
}

namespace cellmon::cli {

/// `cellmon load websocket`; as the functions of `commands.hpp`.
void add_load_websocket(CLI::App& parent, int& exit_code);

}  // namespace cellmon::cli
