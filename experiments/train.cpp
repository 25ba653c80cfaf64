#include "experiments/train.h"

#include <unistd.h>

#include <iostream>
#include <sstream>

#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/config.h"
#include "experiments/entries.h"
#include "experiments/program.h"
#include "training/lopt_trainer.h"

namespace rover {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

using Texts = std::vector<std::string>;

void print_help(const po::options_description& options, const std::string& trainer) {
  std::cout << "usage: rover train TRAINER --out FOLDER [options]\n\n" << options;
  std::cout << "\nA setting is taken from the trainer's defaults, the preset, the config file, the environment "
               "(ROVER_DDPG__LEARNING_RATE is\n"
               "ddpg.learning_rate) and --set; the later wins. --resume starts from the run's own settings.\n"
               "Ctrl-C writes a checkpoint and ends with exit code 130; a killed run resumes as well.\n";
  if (trainer.empty()) {
    std::cout << "\ntrainers (rover train TRAINER --help lists a trainer's settings):\n"
              << find_kind("trainers")->table();
    return;
  }
  std::cout << '\n' << find_kind("trainers")->text(trainer);
}

}  // namespace

bool lacks_libtorch(const Settings& config) {
  const std::string& trainer = config.at("trainer");
  return trainer_is_absent(trainer) || (trainer == "lopt" && lopt_lacks_libtorch(config));
}

LoopResult train(const LoopOptions& loop,
                 const std::function<std::unique_ptr<Trainer>(std::unique_ptr<Trainer>)>& watch) {
  Settings settings = loop.config;
  const std::string trainer = settings.extract("trainer").mapped();
  settings["folder"] = loop.folder.string();
  return run_training(
      [&] {
        auto made = trainers().make(trainer, settings);
        return watch ? watch(std::move(made)) : std::move(made);
      },
      loop);
}

int train_command(std::span<const std::string> arguments) {
  po::options_description options("options"), all;
  auto add = options.add_options();
  add("out", po::value<std::string>()->value_name("FOLDER"), "the run folder; it must be new, or --resume");
  add("preset", po::value<std::string>()->default_value("", "")->value_name("NAME"),
      "settings that belong together (rover list presets)");
  add("config", po::value<std::string>()->default_value("", "")->value_name("FILE"),
      "settings from a file, one key = value a line");
  add("set", po::value<Texts>()->composing()->value_name("KEY=VALUE ..."), "one setting or several; may be repeated");
  add("seed", po::value<std::string>()->value_name("N"), "the same as --set seed=N");
  add("resume", po::bool_switch(), "go on from the folder's checkpoint");
  add("checkpoint-seconds", po::value<double>()->default_value(20)->value_name("S"), "time between checkpoints");
  add("quiet", po::bool_switch(), "print nothing but errors");
  add("help,h", po::bool_switch(), "this text");
  all.add(options).add_options()("arguments", po::value<Texts>());
  const po::variables_map given = parse_arguments(all, "arguments", arguments);

  ConfigSources sources;
  if (given.count("set")) sources.sets = given["set"].as<Texts>();
  if (given.count("arguments"))
    for (const auto& argument : given["arguments"].as<Texts>()) {
      if (argument.find('=') != std::string::npos && given.count("set")) sources.sets.push_back(argument);
      else if (sources.trainer.empty()) sources.trainer = argument;
      else throw UsageError("one trainer at a time: '" + sources.trainer + "' or '" + argument + "'");
    }
  if (given["help"].as<bool>()) {
    print_help(options, sources.trainer);
    return 0;
  }
  if (given.count("seed")) sources.sets.push_back("seed=" + given["seed"].as<std::string>());

  if (!given.count("out") || given["out"].as<std::string>().empty())
    throw UsageError("where to? rover train needs --out FOLDER");
  LoopOptions loop;
  loop.folder = fs::path(given["out"].as<std::string>() + "/").lexically_normal().parent_path();
  loop.resume = given["resume"].as<bool>();
  loop.checkpoint_seconds = given["checkpoint-seconds"].as<double>();
  if (!(loop.checkpoint_seconds >= 0)) throw UsageError("--checkpoint-seconds must be 0 or more");
  loop.quiet = given["quiet"].as<bool>();
  loop.log = &std::cout;
  loop.terminal = isatty(STDOUT_FILENO) != 0;

  if (const fs::path recorded = loop.folder / "config.cfg"; loop.resume && fs::exists(recorded)) sources.run = recorded;
  sources.preset = given["preset"].as<std::string>();
  sources.config = given["config"].as<std::string>();
  sources.environment = environ;
  std::ostringstream notes;
  loop.config = gather_settings(sources, notes);

  if (lacks_libtorch(loop.config)) go_on_with_libtorch();
  std::cerr << notes.str();
  const LoopResult result = train(loop);
  const std::string trainer = loop.config.at("trainer"), folder = loop.folder.string();
  if (!loop.quiet && result.interrupted)
    std::cout << "stopped after step " << result.steps << "; to go on: rover train " << trainer << " --out " << folder
              << " --resume\n";
  if (!loop.quiet && !result.interrupted) std::cout << "the model is in " << folder << "/model.h5\n";
  return result.interrupted ? 130 : 0;
}

}  // namespace rover
