//! The `berth` binary: parses, builds and runs. All else is in the library.

mod run;
mod runtimes;

use std::process::ExitCode;

use berth::config::{Command, Config, Environment, describe, parse_command_line};

/// What can't be used: the command line, the configuration, the data directory, the port, the database.
const EXIT_UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    // First of all: the helper must come before any thread, any allocator's arena, any descriptor.
    let mut arguments = std::env::args_os();
    if arguments.nth(1).is_some_and(|command| command == runtimes::HELPER) {
        return runtimes::helper(arguments);
    }
    match start() {
        Ok(code) => code,
        Err(error) => {
            // One line, whatever it holds: the first thing a person sees in a service's log.
            eprintln!("berth: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

fn start() -> anyhow::Result<ExitCode> {
    let invocation = match parse_command_line(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => {
            error.print()?;
            return Ok(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(EXIT_UNUSABLE)));
        }
    };
    let environment = Environment::of_process()?;
    let config = Config::load(&invocation, &environment)?;
    match invocation.command {
        Command::Config => {
            print!("{}", describe(&config));
            Ok(ExitCode::SUCCESS)
        }
        Command::Health => run::health(&config),
        Command::Admin(command) => run::admin(&config, command),
        Command::Serve => run::serve(config, &environment),
    }
}
