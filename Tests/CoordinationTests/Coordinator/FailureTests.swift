import Coordination
import Experiments
import OrderedCollections
import Testing

/// Which failures count, and what becomes of runs and nodes that fail.
@Suite struct FailureTests {
  @Test func `a run that failed is tried next on a node that has not tried it`() {
    var cluster = SmallCluster(runs: 3)
    cluster.join("a")
    cluster.join("b")
    cluster.fail("a")
    // Run 0 failed on a, which goes on with run 2; b tries it before anything else.
    #expect(cluster.runs(of: "a") == [run(2).key])
    cluster.finish("b")
    #expect(cluster.runs(of: "b") == [run(0).key])
  }

  @Test func `a run waits for an untried node rather than fail on the same one again`() {
    var cluster = SmallCluster(runs: 2)
    cluster.join("a")
    cluster.join("b")
    cluster.fail("a")
    #expect(cluster.runs(of: "a") == [])
    cluster.finish("b")
    #expect(cluster.runs(of: "b") == [run(0).key])
  }

  @Test func `a run that waits for an untried node falls back when that one leaves`() {
    var cluster = SmallCluster(runs: 2)
    cluster.join("a")
    cluster.join("b")
    cluster.fail("a")
    cluster.leave("b")
    // Run 1 was given back by b; a has one slot.
    #expect(cluster.runs(of: "a").count == 1)
    cluster.finish("a")
    cluster.finish("a")
    #expect(cluster.finished == [run(0).key, run(1).key])
  }

  @Test func `two workers on one machine are one node`() {
    var cluster = SmallCluster(runs: 1)
    cluster.join("a", host: "h")
    cluster.join("b", host: "g")
    cluster.join("c", host: "h")
    cluster.fail("a")
    #expect(cluster.runs(of: "b") == [run(0).key])
  }

  @Test func `a second failure on a node counts only when no other could try the run`() {
    var cluster = SmallCluster(runs: 1) { $0.retries = 1 }
    cluster.join("a", slots: 2)
    cluster.fail("a")
    #expect(cluster.runs(of: "a") == [run(0).key])
    // While it is tried a second time another node comes.
    cluster.join("b")
    cluster.fail("a")
    #expect(cluster.failed == [])
    #expect(cluster.runs(of: "b") == [run(0).key])
    cluster.fail("b")
    #expect(cluster.failed == [run(0).key])
  }

  @Test func `alone on one node a run is failed after one failure more than its retries`() {
    var cluster = SmallCluster(runs: 1)
    cluster.join("a")
    for _ in 0..<4 {
      #expect(cluster.failed == [])
      cluster.fail("a")
    }
    #expect(cluster.failed == [run(0).key])
  }

  @Test func `a node on which runs fail that succeed elsewhere is quarantined and named`() {
    var cluster = SmallCluster(runs: 12)
    cluster.join("bad")
    cluster.join("good")
    for _ in 0..<3 {
      cluster.fail("bad")
      cluster.finish("good")
      cluster.finish("good")
    }
    #expect(cluster.notices.contains(.nodeQuarantined(host: "bad", failures: 3)))
    #expect(cluster.coordinator.quarantinedNodes == ["bad"])
    // What it holds it may end; it gets nothing more, and not after it has come back either.
    let rest = cluster.held["bad"]?.count ?? 0
    for _ in 0..<rest { cluster.finish("bad") }
    cluster.leave("bad")
    cluster.join("bad")
    #expect(cluster.runs(of: "bad") == [])
    cluster.handle(.nodeReadmitted(host: "bad"))
    #expect(cluster.notices.last == .nodeReadmitted(host: "bad"))
    #expect(cluster.runs(of: "bad").count == 1)
  }

  @Test func `a node that fails at everything cannot use up the tries of every run`() {
    var cluster = SmallCluster(runs: 20)
    cluster.join("good")
    for bad in ["b1", "b2", "b3", "b4", "b5", "b6"] { cluster.join(bad) }
    // The bad ones fail at once while the good one still computes its first run.
    for _ in 0..<100 {
      for (worker, grants) in cluster.held where worker != "good" && !grants.isEmpty {
        cluster.fail(worker)
      }
    }
    // Nobody knows yet whether the runs or the nodes are at fault, so nothing is given up.
    #expect(cluster.runs(of: "good") == [run(0).key])
    cluster.finish("good")
    for _ in 0..<200 where cluster.finished.count + cluster.failed.count < 20 {
      for (worker, grants) in cluster.held where !grants.isEmpty {
        if worker == "good" { cluster.finish(worker) } else { cluster.fail(worker) }
      }
    }
    #expect(cluster.finished.count == 20)
    #expect(cluster.coordinator.quarantinedNodes.count == 6)
  }

  @Test func `a node that is passed over because runs failed there is named until it is let in`() {
    var cluster = SmallCluster(runs: 9)
    cluster.join("good")
    cluster.join("bad")
    func suspects() -> [String]? {
      guard case .workers(let workers)? = cluster.ask(.workers) else { return nil }
      return workers.filter(\.isSuspect).map(\.host)
    }
    func remarks() -> [String]? {
      guard case .status(let status)? = cluster.ask(.status) else { return nil }
      return status.remarks
    }
    cluster.fail("bad")
    cluster.fail("bad")
    #expect(suspects() == [])
    cluster.fail("bad")
    #expect(cluster.runs(of: "bad") == [])
    #expect(suspects() == ["bad"])
    #expect(remarks()?.first?.hasPrefix("bad is given runs only while there is no other") == true)
    _ = cluster.ask(.readmit(worker: "bad"))
    #expect(suspects() == [])
    #expect(remarks() == [])
    #expect(cluster.runs(of: "bad").count == 1)
  }

  @Test func `a suspect is not passed over for a machine that takes no runs`() {
    var cluster = SmallCluster(runs: 9)
    cluster.join("good")
    cluster.join("bad")
    for _ in 0..<3 { cluster.fail("bad") }
    #expect(cluster.runs(of: "bad") == [])
    _ = cluster.ask(.drain(worker: "good"))
    #expect(cluster.runs(of: "bad").count == 1)
    _ = cluster.ask(.readmit(worker: "good"))
    cluster.fail("bad")
    #expect(cluster.runs(of: "bad") == [])
    cluster.end("good", .givenBack)
    #expect(cluster.runs(of: "bad").count == 1)
  }

  @Test func `the last machine that takes runs is not quarantined`() {
    var cluster = SmallCluster(runs: 12)
    cluster.join("bad")
    cluster.join("good")
    for _ in 0..<2 {
      cluster.fail("bad")
      cluster.finish("good")
      cluster.finish("good")
    }
    cluster.fail("bad")
    _ = cluster.ask(.drain(worker: "good"))
    while !cluster.runs(of: "good").isEmpty { cluster.finish("good") }
    #expect(cluster.coordinator.quarantinedNodes == [])
    #expect(cluster.runs(of: "bad").count == 1)
  }

  @Test func `a machine that was quarantined before a restart is let in by hand alone`() {
    var cluster = SmallCluster(runs: 2) { $0.quarantined = ["bad"] }
    cluster.join("bad")
    #expect(cluster.runs(of: "bad") == [])
    _ = cluster.ask(.readmit(worker: "bad"))
    #expect(cluster.notices.last == .nodeReadmitted(host: "bad"))
    #expect(cluster.runs(of: "bad").count == 1)
  }

  @Test func `an empty name, or the first digits of one, stands for nobody`() {
    var cluster = SmallCluster(runs: 2)
    cluster.join("worker1", host: "h")
    _ = cluster.ask(.drain(worker: "h"))
    cluster.leave("worker1")
    for name in ["", "w", "wor"] {
      for request in [Command.Request.drain(worker: name), .readmit(worker: name)] {
        guard case .refused? = cluster.ask(request) else {
          Issue.record("\(request) was obeyed")
          continue
        }
      }
    }
    guard case .done? = cluster.ask(.readmit(worker: "work")) else {
      Issue.record("four digits are not enough")
      return
    }
  }

  @Test func `runs that fail everywhere put no node into quarantine`() {
    var cluster = SmallCluster(runs: 12)
    cluster.join("a")
    cluster.join("b")
    for _ in 0..<200 where cluster.finished.count + cluster.failed.count < 12 {
      for (worker, grants) in cluster.held {
        guard let grant = grants.first else { continue }
        let isPoisoned = (0..<6).contains { run($0).key == grant.run }
        if isPoisoned { cluster.fail(worker) } else { cluster.finish(worker) }
      }
    }
    #expect(cluster.failed == Set((0..<6).map { run($0).key }))
    #expect(cluster.finished.count == 6)
    #expect(cluster.coordinator.quarantinedNodes == [])
  }

  @Test func `now and then a failure on a node that mostly succeeds is no reason for quarantine`() {
    var cluster = SmallCluster(runs: 60)
    cluster.join("a")
    cluster.join("b")
    for turn in 0..<200 where cluster.finished.count < 60 {
      if turn % 5 == 0 { cluster.fail("a") } else { cluster.finish("a") }
      cluster.finish("b")
    }
    #expect(cluster.finished.count == 60)
    #expect(cluster.coordinator.quarantinedNodes == [])
  }

  @Test func `after ten lost leases a run is tried once on a node that computes nothing else`() {
    var cluster = SmallCluster(runs: 1)
    for turn in 0..<10 {
      cluster.join("w\(turn)", slots: 2)
      #expect(cluster.runs(of: "w\(turn)") == [run(0).key])
      cluster.lose("w\(turn)")
    }
    #expect(cluster.notices.contains(.runIsolated(run(0).key, losses: 10)))
    cluster.submit((1..<6).map { RestoredRun(configuration: run($0)) }, priority: 1)
    cluster.join("busy", slots: 2)
    // The node is kept for it: nothing beside it, whatever else waits.
    #expect(cluster.runs(of: "busy") == [run(0).key])
    cluster.lose("busy")
    #expect(cluster.failed == [run(0).key])
    cluster.join("next", slots: 2)
    #expect(cluster.runs(of: "next").count == 2)
  }

  @Test func `a run that fails where it is alone goes to a node that has not tried it`() {
    var cluster = SmallCluster(runs: 1) { $0.lostLeasesMax = 1 }
    cluster.join("first")
    cluster.lose("first")
    for worker in ["a", "b", "c", "d"] { cluster.join(worker) }
    for worker in ["a", "b", "c", "d"] {
      #expect(cluster.runs(of: worker) == [run(0).key])
      cluster.fail(worker)
    }
    #expect(cluster.failed == [run(0).key])
  }

  @Test func `a node is emptied for a run that is to be alone`() {
    var cluster = SmallCluster(runs: 1) { $0.lostLeasesMax = 1 }
    cluster.join("first")
    cluster.lose("first")
    #expect(cluster.runs(of: "first") == [])
    cluster.submit((1..<9).map { RestoredRun(configuration: run($0)) })
    cluster.join("a", slots: 2)
    #expect(cluster.runs(of: "a") == [run(0).key])
    cluster.finish("a")
    #expect(cluster.runs(of: "a").count == 2)
    #expect(cluster.finished == [run(0).key])
  }
}

/// Nobody is judged by the time in which the judge stood still.
@Suite struct SleepTests {
  @Test func `leases outlast a coordinator that stood still`() {
    var scenario = Scenario()
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    // Ten minutes on a closed lid; what was sent meanwhile is read after the first timer.
    #expect(scenario.handle(.timePassed, at: 600) == [])
    let held = HeldLease(lease: LeaseID(1), run: run(0).key, attempt: 1, step: 5)
    let answer = HeartbeatAnswer(
      believed: [LeaseID(1)], stop: [], received: 0, acknowledged: 0, lastSent: 0)
    #expect(
      scenario.hear(.heartbeat([held], freeSlots: 0, Delivery(firstKept: 1, lastSent: 0)), at: 601)
        == [.send(.heartbeatAnswer(answer), to: routing("w"))])
    #expect(scenario.handle(.timePassed, at: 611) == [])
  }

  @Test func `a worker that nobody hears of after the sleep is lost`() {
    var scenario = Scenario()
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    _ = scenario.handle(.timePassed, at: 600)
    #expect(scenario.coordinator.nextDeadline == seconds(610))
    #expect(
      scenario.handle(.timePassed, at: 610).contains(
        .tellUser(.leaseLost(run(0).key, host: "host"))))
  }
}
