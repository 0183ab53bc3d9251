extension WrongSweepFileTests {
  /// Generated axes that do not come out, or come out too long.
  static let spacings: [Case] = [
    .axis(
      "{from: 1, to: 2, by: 1}",
      ":4:23: axes.x.by: expected one of the keys from, to, step, "
        + "count, scale, found \"by\""),
    .axis("{to: 2, step: 1}", ":4:6: axes.x: expected from and to, found no from"),
    .axis("{from: 2, step: 1}", ":4:6: axes.x: expected from and to, found no to"),
    .axis(
      "{from: 1, to: 2}",
      ":4:6: axes.x: expected step or count beside from and to, "
        + "found neither"),
    .axis(
      "{from: 1, to: 2, step: 1, count: 2}",
      ":4:23: axes.x.step: expected step or count, "
        + "found both"),
    .axis(
      "{from: 1, to: 2, step: 1, scale: log}",
      ":4:32: axes.x.scale: expected scale beside "
        + "count, found no count"),
    .axis("{from: 1, to: 2, step: 0}", ":4:29: axes.x.step: expected a step other than 0, found 0"),
    .axis(
      "{from: 0.4, to: 5.6, step: -0.4}",
      ":4:33: axes.x.step: expected a step above 0 to go "
        + "from 0.4 to 5.6, found -0.4"),
    .axis(
      "{from: 5.6, to: 0.4, step: 0.4}",
      ":4:33: axes.x.step: expected a step below 0 to go "
        + "from 5.6 to 0.4, found 0.4"),
    .axis(
      "{from: 0.4, to: 1.5, step: 0.3}",
      ":4:6: axes.x: expected a step that reaches to, but "
        + "from 0.4 by 0.3 to 1.5 never reaches 1.5: the last value would be 1.3"),
    .axis(
      "{from: low, to: 1.5, step: 0.3}", ":4:13: axes.x.from: expected a number, found \"low\""),
    .axis(
      "{from: 1e50, to: 2e50, step: 1e-50}",
      ":4:6: axes.x: expected a grid of at most 18 "
        + "digits, found from 1e+50 by 1e-50 to 2e+50"),
    .axis(
      "{from: 0, to: 1, count: 1}",
      ":4:30: axes.x.count: expected a whole number of at "
        + "least 2, found 1"),
    .axis(
      "{from: 1, to: 1, count: 2}",
      ":4:6: axes.x: expected from and to to differ, "
        + "found 1 for both"),
    .axis(
      "{from: 0, to: 1, count: 3, scale: log}",
      ":4:6: axes.x: expected from and to above 0 on "
        + "a log scale, found from 0 to 1"),
    .axis(
      "{from: 1, to: 2, count: 3, scale: cubic}",
      ":4:40: axes.x.scale: expected one of linear, "
        + "log, found \"cubic\""),
    .ranged(
      "seed: {from: 4, to: 0}",
      ":4:9: axes.seed: expected to at or above from, found from 4 "
        + "to 0 without a step"),
    .ranged(
      "seed: {from: 0, to: 2, count: 9}",
      ":4:9: axes.seed: expected every value once, found "
        + "0 again (first at [0])"),
    .ranged(
      "engine: {from: 0, to: 2}",
      ":4:11: axes.engine: expected a list, found a mapping, "
        + "but engine takes words"),
    .axis(
      "{from: 1, to: 6000000, step: 1}",
      ":3:3: axes: expected at most 10,000,000 runs, "
        + "found 12,000,000"),
    .axis(
      "{from: 0, to: 1e30, step: 1}",
      ":3:3: axes: expected at most 10,000,000 runs, found "
        + "more than 9e18"),
  ]

  /// The sections that say how long to train, what grokked means, and what is drawn.
  static let sections: [Case] = [
    .section(
      "until: 1000",
      ":4:8: until: expected a mapping such as {max_steps: 1000, converged: "
        + "true}, found 1000"),
    .section(
      "until: {steps: 1}",
      ":4:9: until.steps: expected one of the keys max_steps, converged, "
        + "grokked, found \"steps\""),
    .section(
      "until: {max_step: 1}",
      ":4:9: until.max_step: expected one of the keys max_steps, "
        + "converged, grokked, found \"max_step\"; did you mean \"max_steps\"?"),
    .section(
      "until: {max_steps: 0}",
      ":4:20: until.max_steps: expected a whole number of steps from "
        + "1 to 1e12, found 0"),
    .section(
      "until: {max_steps: 1.5}",
      ":4:20: until.max_steps: expected a whole number of steps from "
        + "1 to 1e12, found 1.5"),
    .section(
      "until: {converged: yes}", ":4:20: until.converged: expected true or false, found \"yes\""),
    .section("until: {grokked: 1}", ":4:18: until.grokked: expected true or false, found 1"),
    .section(
      "grokked: {measure: los}",
      ":4:20: grokked.measure: expected one of loss, accuracy, "
        + "found \"los\"; did you mean \"loss\"?"),
    .section(
      "grokked: {measure: accuracy}",
      ":4:20: grokked.measure: expected loss, which is all that "
        + "noop measures, found \"accuracy\""),
    .section(
      "grokked: {test_below: 0}", ":4:23: grokked.test_below: expected a loss above 0, found 0"),
    .section(
      "grokked: {test_at_least: 1}",
      ":4:11: grokked.test_at_least: expected test_below with "
        + "measure: loss, found test_at_least"),
    .line(
      "  x: [1]\nmap: {x: z}",
      ":5:10: map.x: expected an axis of the sweep, found \"z\"; "
        + "known are y, x"),
    .line(
      "  x: [1]\nmap: {x: steps}",
      ":5:10: map.x: expected an axis of the sweep, found "
        + "\"steps\"; known are y, x"),
    .line(
      "  x: [1]\nmap: {x: x, y: x}",
      ":5:16: map.y: expected another axis than x, found x for "
        + "both"),
    .line(
      "  x: [1]\nmap: {value: delay}",
      ":5:14: map.value: expected one of time_to_grok, "
        + "share_grokked, final_test_loss, phase, found \"delay\""),
    .section(
      "priority: high",
      ":4:11: priority: expected a whole number from -1000 to 1000, "
        + "found \"high\""),
    .section(
      "priority: 1001",
      ":4:11: priority: expected a whole number from -1000 to 1000, "
        + "found 1001"),
  ]
}
