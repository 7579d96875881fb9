import ArgumentParser

/// The `corestore` command: what it is, and its subcommands.
struct CorestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corestore",
        abstract: "Append-only logs that are signed, verified, and copied between machines.",
        discussion: """
            A store is a directory that holds many logs ("cores"). A core that was made here has a name and can be \
            appended to; whoever is given its key can copy it and verify every block.

            EXAMPLES
              corestore append --name notes README.md    # prints the key
              corestore cat --name notes                 # reads it back
              corestore serve --port 4000                # lets others copy it
              corestore sync 127.0.0.1:4000 KEY --store copy
              corestore watch KEY 127.0.0.1:4000         # what comes, as it comes
              corestore mirror example.org:4000 --keys seeds.txt --serve 4000
              corestore backup /mnt/disk/monday          # the whole store, with its secret keys
              corestore export --name notes notes.core   # one core, for anybody to import

            ENVIRONMENT
              CORESTORE_LOG=debug    log connections to standard error
              NO_COLOR=1             no colours

            EXIT STATUS
              0      done; or a command that goes on for ever was interrupted
              1      failed, and standard error says why
              64     used wrongly
              129, 130, 143
                     ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM; the store is in order
            """,
        version: "0.1.0",
        subcommands: [
            AppendCommand.self, CatCommand.self, GetCommand.self, InfoCommand.self, ListCommand.self,
            ServeCommand.self, SyncCommand.self, WatchCommand.self, MirrorCommand.self, StatsCommand.self,
            PurgeCommand.self, CompactCommand.self, BackupCommand.self, ExportCommand.self, ImportCommand.self,
            TruncateCommand.self, ClearCommand.self, SeekCommand.self, VerifyCommand.self, AuditCommand.self,
            KeygenCommand.self, IdentityCommand.self, ManualCommand.self,
        ]
    )
}
