#include "experiments/manual.h"

#include <cctype>

#include "core/settings.h"
#include "experiments/command_line.h"
#include "experiments/entries.h"
#include "experiments/text.h"
#include "training/trainers.h"

namespace rover {
namespace {

/// Plain text in troff: escapes backslashes, and dots or quotes that begin a line.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool begins = out.empty() || out.back() == '\n';
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (begins && (c == '.' || c == '\'')) out += std::string("\\&") + c;
    else out += c;
  }
  return out;
}

/// Text with its own line breaks.
std::string verbatim(const std::string& text) { return ".nf\n" + escaped(text) + ".fi\n"; }

std::string words(const std::vector<std::string>& names) { return joined(names, " "); }

std::vector<std::string> ids_of(const char* kind) { return find_kind(kind)->ids(); }

std::vector<std::string> keys_of(const std::vector<Option>& options, const std::string& end) {
  std::vector<std::string> out;
  for (const auto& option : options)
    out.push_back(option.key.ends_with(".*") ? option.key.substr(0, option.key.size() - 1) : option.key + end);
  return out;
}

}  // namespace

std::string man_page() {
  std::string out = ".TH ROVER 1 \"\" \"rover " ROVER_VERSION
                    "\" \"User Commands\"\n.SH NAME\nrover \\- optimization as navigation\n"
                    ".SH SYNOPSIS\n.B rover\n.I COMMAND\n[arguments]\n.SH COMMANDS\n";
  for (const auto& [name, summary] : command_list()) {
    out += ".SS " + name + "\n" + escaped(summary) + "\n";
    for (const auto& [option, argument, help] : command_options(name))
      out += ".TP\n.B " + escaped(option) + (argument.empty() ? "" : " \\fI" + escaped(argument) + "\\fR") + "\n" +
             escaped(help) + "\n";
  }
  for (const Kind& kind : kinds()) {
    if (kind.name == "presets") continue;  // files, which may change later
    std::string title = kind.name == "envs" ? "environments" : kind.name;
    for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    out += ".SH " + title + "\n";
    if (kind.name == "trainers") {
      out += verbatim(kind.table());
      continue;
    }
    for (const auto& id : kind.ids()) out += verbatim(kind.text(id) + "\n");
  }
  out +=
      ".SH WITH ANY COMMAND\n"
      ".TP\n.B \\-\\-plugin \\fIFILE\\fR\nagents, landscapes, environments and trainers of your own, from a shared "
      "object\n"
      ".TP\n.B \\-\\-deterministic\nthe same bits on every processor of this architecture, but slower\n"
      ".SH ENVIRONMENT\n"
      ".TP\n.B ROVER_DATA\na folder with presets/ and models/, in place of the one beside the program\n"
      ".TP\n.B ROVER_MODELS\na folder that is looked into first for models that are named\n"
      ".TP\n.B ROVER_PRESETS\nfolders that are looked into first for presets, separated by colons\n"
      ".TP\n.B ROVER_KEY\na setting of a training: ROVER_DDPG__LEARNING_RATE is ddpg.learning_rate\n"
      ".SH EXIT STATUS\n0 done, 1 the run failed, 2 the call was wrong, 130 interrupted.\n";
  return out;
}

std::string bash_completion() {
  std::vector<std::string> commands, kind_names, agent_settings, trainer_keys, options, list_names;
  for (const auto& [name, summary] : command_list()) {
    commands.push_back(name);
    std::vector<std::string> names;
    for (const auto& option : command_options(name)) names.push_back(option.name);
    options.push_back("    " + name + ") echo '" + words(names) + "' ;;");
  }
  for (const Kind& kind : kinds()) {
    kind_names.push_back(kind.name);
    list_names.push_back("    " + kind.name + ") echo '" + words(kind.ids()) + "' ;;");
  }
  for (const auto& id : agents().ids())
    agent_settings.push_back("    " + id + ") echo '" + words(keys_of(agents().info(id).options, "=")) + "' ;;");
  for (const auto& id : trainers().ids())
    trainer_keys.push_back("    " + id + ") echo '" + words(keys_of(trainer_settings(id), "=")) + "' ;;");
  const auto function = [](const std::string& name, const std::vector<std::string>& cases) {
    return name + "() {\n  case $1 in\n" + joined(cases, "\n") + "\n  esac\n}\n";
  };
  return "# bash completion of rover " ROVER_VERSION ", made by: rover help --bash-completion\n" +
         function("_rover_options", options) + function("_rover_names", list_names) +
         function("_rover_agent_settings", agent_settings) + function("_rover_trainer_settings", trainer_keys) +
         "_rover() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} from=''\n"
         "  compopt +o nospace 2>/dev/null\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W '" +
         words(commands) +
         " --help --version' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  if [[ $before == : || $word == : ]]; then  # bash breaks words at colons: AGENT : settings\n"
         "    local agent=${COMP_WORDS[COMP_CWORD-2]}\n"
         "    [[ $word == : ]] && agent=$before word=''\n"
         "    compopt -o nospace 2>/dev/null\n"
         "    COMPREPLY=($(compgen -W \"$(_rover_agent_settings \"${agent##*,}\")\" -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  case $before in\n"
         "    --agents)\n"
         "      [[ $word == *,* ]] && from=${word%,*},\n"
         "      compopt -o nospace 2>/dev/null\n"
         "      COMPREPLY=($(compgen -P \"$from\" -W '" +
         words(ids_of("agents")) +
         "' -- \"${word##*,}\")) ;;\n"
         "    --suite) COMPREPLY=($(compgen -W \"$(_rover_names suites) $(_rover_names landscapes)\" -- \"$word\")) "
         ";;\n"
         "    --preset) COMPREPLY=($(compgen -W '" +
         words(ids_of("presets")) +
         "' -- \"$word\")) ;;\n"
         "    --set)\n"
         "      compopt -o nospace 2>/dev/null\n"
         "      COMPREPLY=($(compgen -W \"$(_rover_trainer_settings \"${COMP_WORDS[2]}\")\" -- \"$word\")) ;;\n"
         "    --out | --config | --csv | --picture) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
         "    *)\n"
         "      if [[ $word == -* ]]; then\n"
         "        COMPREPLY=($(compgen -W \"$(_rover_options \"$command\")\" -- \"$word\"))\n"
         "      elif [[ $command == train ]] && ((COMP_CWORD == 2)); then\n"
         "        COMPREPLY=($(compgen -W '" +
         words(ids_of("trainers")) +
         "' -- \"$word\"))\n"
         "      elif [[ $command == list || $command == help ]] && ((COMP_CWORD == 2)); then\n"
         "        local kinds='" +
         words(kind_names) +
         "'\n"
         "        [[ $command == help ]] && kinds+=' " +
         words(commands) +
         "'\n"
         "        COMPREPLY=($(compgen -W \"$kinds\" -- \"$word\"))\n"
         "      elif [[ $command == list || $command == help ]]; then\n"
         "        COMPREPLY=($(compgen -W \"$(_rover_names \"${COMP_WORDS[2]}\")\" -- \"$word\"))\n"
         "      else\n"
         "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "      fi ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _rover rover\n";
}

}  // namespace rover
