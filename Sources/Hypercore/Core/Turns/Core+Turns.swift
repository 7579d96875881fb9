import HypercoreStorage
import StorageEngine
import Synchronization

/// What has to be done, once the core's lock was released, for those whose turn has come.
struct ServedTurns {
    var turns: [(TurnTicket, TurnTicket.Turn)] = []
    var startsSigning = false
    /// Whether something was queued to be written that nobody drives.
    var drivesWriter = false

    mutating func add(_ tickets: [TurnTicket], _ turn: TurnTicket.Turn) {
        for ticket in tickets { turns.append((ticket, turn)) }
    }

    func carryOut(on core: Core) {
        for (ticket, turn) in turns { ticket.settle(turn) }
        if startsSigning { Task { await core.signBatches() } }
        if drivesWriter { core.writer?.drive() }
    }
}

// MARK: - Moving the head

extension Core {
    /// Makes a change that moves the head, and waits for its commit.
    ///
    /// The head that it builds on may belong to a commit that is still under way, or to a place that it was promised in
    /// line: should that come to nothing, it is made again on what is there then.
    ///
    /// - Parameter session: whose change it is; closing that session takes it out of the line.
    func move(_ change: HeadChange, of session: WaitScope) async throws -> Hypercore.AppendResult {
        do {
            let writer = try requireWriter()
            while true {
                // Not kept in a variable: what joins the line of a signer gives its room back before it waits.
                let arrival = try arrive(
                    change, room: try await writer.room(for: change.byteCount), of: session, through: writer)
                switch try await turn(of: change, arrival) {
                case .staged(let result, let commit):
                    if try await isCommitted(commit, through: writer) { return result }
                case .written(let result): return result
                case .again: continue
                case .failed(let error): throw error
                }
            }
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Takes the changes of a session that was closed out of the line. What can be written was begun before, and is.
    func leaveLine(_ session: WaitScope) {
        serving { state, served in
            writeLine(&state, &served)
            let leaving = state.line.remove { $0.session == ObjectIdentifier(session) }
            served.add(leaving, .failed(HypercoreError(.closed, key: key, "the session was closed")))
        }
    }
}

// MARK: - Waiting for a turn

extension Core {
    private enum Arrival {
        /// Nobody was ahead.
        case staged(Hypercore.AppendResult, CommitTicket)
        case inLine(TurnTicket, LogPlace)
    }

    /// Stages a change at once where nothing is in its way, or lets it join the line.
    private func arrive(
        _ change: HeadChange, room: GroupWriter.Room, of session: WaitScope, through writer: GroupWriter
    ) throws -> Arrival {
        try serving { state, _ in
            try requireChangeable(state)
            if case .append(let count) = change.step {
                try requireSigner(state, appending: count, to: state.staged.length)
            } else {
                try requireSigner(state)
            }
            if case .anywhere(let edit) = change.making, state.remoteSigner == nil, state.line.isEmpty,
                state.line.writesUnderway == 0
            {
                var draft = CoreDraft(on: state.staged)
                try edit(&draft, state)
                let result = Hypercore.AppendResult(draft.head)
                return .staged(result, try write(draft, in: [room], of: [], &state, through: writer))
            }
            let (ticket, place) = state.line.join(
                change, room: state.remoteSigner == nil ? room : nil, session: ObjectIdentifier(session))
            return .inLine(ticket, place)
        }
    }

    /// Prepares a change that is in line, and waits for its turn.
    private func turn(of change: HeadChange, _ arrival: Arrival) async throws -> TurnTicket.Turn {
        switch arrival {
        case .staged(let result, let commit): return .staged(result, commit)
        case .inLine(let ticket, let place):
            do {
                if case .atPlace(let prepare) = change.making {
                    let edit = try prepare(place)
                    serving { state, _ in state.line.prepared(ticket, edit) }
                }
            } catch {
                leaveLine(ticket, because: error)
                throw error
            }
            return await withTaskCancellationHandler {
                await ticket.wait()
            } onCancel: {
                leaveLine(ticket, because: CancellationError())
            }
        }
    }

    /// Takes one change out of the line. One that was handed to the signer, or has had its turn, is there no longer, and
    /// happens.
    private func leaveLine(_ ticket: TurnTicket, because error: any Error) {
        serving { state, served in
            served.add(state.line.remove { $0.ticket === ticket }, .failed(error))
        }
    }
}

// MARK: - Serving the line

extension Core: WriteContributor {
    func contribute() {
        serving { state, served in
            state.line.isAnnounced = false
            writeLine(&state, &served)
        }
    }

    /// Does something to the line under the lock, and lets those have their turn who then can. They hear of it after the
    /// lock is released, whether or not `body` throws.
    func serving<Value: Sendable>(
        _ body: (inout CoreState, inout ServedTurns) throws -> Value
    ) rethrows -> Value {
        var served = ServedTurns()
        defer { served.carryOut(on: self) }
        return try state.withLock { state in
            realign(&state, &served)
            defer { serve(&state, &served) }
            return try body(&state, &served)
        }
    }

    /// Sees to it that those have their turn who can: the signer is started, or the writer told to ask for them.
    private func serve(_ state: inout CoreState, _ served: inout ServedTurns) {
        realign(&state, &served)
        guard let writer, state.line.isReady else { return }
        if state.remoteSigner != nil {
            guard !state.line.isSigning else { return }
            state.line.isSigning = true
            served.startsSigning = true
        } else if !state.line.isAnnounced {
            state.line.isAnnounced = true
            writer.ask(self)
            served.drivesWriter = true
        }
    }

    /// Queues those in line whose change can be written, all as one change, without waiting to be asked.
    func writeLine(_ state: inout CoreState, _ served: inout ServedTurns) {
        guard let writer, state.remoteSigner == nil else { return }
        let limit = min(Self.signedByteLimit, writer.engine.maximumTransactionByteCount / 2)
        while state.line.isReady {
            write(state.line.popReady(byteLimit: limit), in: &state, &served, through: writer)
            realign(&state, &served)
        }
    }

    /// Writes what several callers want as one change. Who cannot have what they want fails alone.
    private func write(
        _ entries: [HeadLine.Entry], in state: inout CoreState, _ served: inout ServedTurns,
        through writer: GroupWriter
    ) {
        var draft = CoreDraft(on: state.staged)
        var callers: [LineCaller] = []
        callers.reserveCapacity(entries.count)
        for entry in entries {
            guard let edit = entry.edit, entry.place == nil || entry.place == LogPlace(draft.head) else {
                served.add([entry.ticket], .again)
                continue
            }
            do {
                try edit(&draft, state)
                callers.append(LineCaller(ticket: entry.ticket, result: Hypercore.AppendResult(draft.head)))
            } catch {
                // One step leaves the draft as it was where it cannot be made.
                served.add([entry.ticket], .failed(error))
            }
        }
        guard !callers.isEmpty else { return }
        do {
            try requireChangeable(state)
            _ = try write(draft, in: entries.compactMap(\.room), of: callers, &state, through: writer)
            served.drivesWriter = true
        } catch  where entries.count > 1 {
            // It may be the fault of one of them.
            let waiting = entries.filter { entry in callers.contains { $0.ticket === entry.ticket } }
            for entry in waiting { write([entry], in: &state, &served, through: writer) }
        } catch {
            served.add(callers.map(\.ticket), .failed(error))
        }
    }

    /// Queues a change that moves the head. Until it is written, whoever comes joins the line.
    private func write(
        _ draft: CoreDraft, in rooms: [GroupWriter.Room], of callers: [LineCaller], _ state: inout CoreState,
        through writer: GroupWriter
    ) throws -> CommitTicket {
        let (set, change) = try compose(draft, in: state)
        advance(&state, to: draft, change)
        state.line.writesUnderway += 1
        let ticket = writer.enqueue(set, inRooms: rooms) { [self, callerCount = max(callers.count, 1)] outcome in
            takeOver(change, outcome, callerCount: callerCount)
            serving { state, _ in state.line.writesUnderway -= 1 }
            endIfUnused()
        }
        // Not in the completion: the head that includes what they are told may be that of a later set of the group.
        if !callers.isEmpty { ticket.whenSettled { [self] outcome in tell(callers, outcome) } }
        return ticket
    }

    /// Tells those who have waited in line what became of their change.
    private func tell(_ callers: [LineCaller], _ outcome: Result<CommitReceipt, StorageError>) {
        guard case .failure(let error) = outcome else {
            for caller in callers { caller.ticket.settle(.written(caller.result)) }
            return
        }
        // Chained on one that failed, it is made again; see `isCommitted(_:through:)`.
        let isRepeated = error.code == .conflict && !state.withLock { $0.isSuperseded }
        for caller in callers { caller.ticket.settle(isRepeated ? .again : .failed(error)) }
    }

    /// Sends those away, to prepare again, whose promised place is no longer right.
    private func realign(_ state: inout CoreState, _ served: inout ServedTurns) {
        served.add(state.line.realign(on: state.line.batch?.end ?? LogPlace(state.staged)), .again)
    }
}

/// Who waits in line for a change that is being written.
private struct LineCaller: Sendable {
    let ticket: TurnTicket
    /// Where the log stands after it.
    let result: Hypercore.AppendResult
}
