extension WrongSweepFileTests {
  /// Linked axes that do not come out.
  static let linked: [Case] = [
    .section(
      "together: [x]",
      ":4:11: together: expected a mapping from linked parameters to their values, found a list"),
    .section(
      "together:",
      ":4:10: together: expected a mapping from linked parameters to their values, found nothing"),
    .section(
      "together: {}",
      ":4:11: together: expected at least two parameters that move as one, found none; a parameter "
        + "that moves by itself is one of the axes"),
    .section(
      "together: {x: [1, 2]}",
      ":4:11: together: expected at least two parameters that move as one, found one; a parameter "
        + "that moves by itself is one of the axes"),
    .section(
      "together: {x: [1, 2], stebs: [3, 4]}",
      ":4:23: together.stebs: expected a parameter of noop, found \"stebs\"; did you mean \"steps\"?"
    ),
    .section(
      "together: {x: [1, 2], seed: [3, 4]}",
      ":4:23: together.seed: expected seed among the axes or in together, found it in both"),
    .section(
      "together: {x: [1, 2], steps: [3, 4, 5]}",
      ":4:30: together.steps: expected 2 values, as many as x has, found 3"),
    .section(
      "together: {x: [1], steps: {from: 1, to: 3}}",
      ":4:27: together.steps: expected 1 value, as many as x has, found 3"),
    .section(
      "together: {x: [1, high], steps: [3, 4]}",
      ":4:19: together.x[1]: expected a number, found \"high\""),
    .section(
      "together: {x: [1, 2], steps: [3, -4]}",
      ":4:34: together.steps[1]: expected a whole number from 0 to 1000000000, found -4"),
    .section(
      "together: {x: [1, 2, 1], steps: [3, 3, 3.0]}",
      ":4:22: together.x[2]: expected every combination once, found x = 1, steps = 3 again "
        + "(first at [0])"),
    .section(
      "together: {x: {from: 1, to: 6000000, step: 1}, steps: {from: 1, to: 6000000}}",
      ":3:3: axes: expected at most 10,000,000 runs, found 12,000,000"),
    .section(
      "together: {x: [1, 2], steps: [3, 4]}\nparameters: {steps: 3}",
      ":5:14: parameters.steps: expected steps among the parameters or in together, found it in both"
    ),
    .section(
      "together: {x: [1, 2], steps: [3, 4]}\nmap: {x: x, y: steps}",
      ":5:16: map.y: expected another axis than x, found steps, which is linked with x"),
    .section(
      "together: {x: [1, 2], steps: [3, 4]}\nmap: {x: z}",
      ":5:10: map.x: expected an axis of the sweep, found \"z\"; known are x, steps, y, seed"),
    Case(
      "experiment: noop\ntogether: {x: [1], y: [2]}\n",
      ":1:1: expected the key axes with at least one axis beside the linked ones, found none"),
    Case(
      "experiment: noop\naxes: {}\ntogether: {x: [1], y: [2]}\n",
      ":2:7: axes: expected at least one axis beside the linked ones, found none; a list of one "
        + "value is an axis too, such as seed: [0]"),
    .ranged(
      "alpha: [1]\ntogether: {data: [a, b], seed: [0, 1]}",
      ":5:12: together.data: expected a parameter with numbers or words, data is a file"),
    .ranged(
      "alpha: [1]\ntogether: {seed: [0, 0, 1], test_examples: [10, 20, 30]}",
      ":5:29: together.test_examples: has no effect with test_loss population; it counts only with "
        + "test_loss sample"),
    .ranged(
      "alpha: [1]\ntogether: {engine: [auto, reduced, direct], seed: [0, 0, 1]}",
      ":5:11: together: expected values that make different runs, found engine = auto, seed = 0 and "
        + "engine = reduced, seed = 0, which make the same one"),
  ]

  /// Points that leave nothing out, or everything.
  static let leftOut: [Case] = [
    .section(
      "except: {y: 1}",
      ":4:9: except: expected a list of points such as [{alpha: 5.6, epsilon: 0.28}], found a "
        + "mapping"),
    .section(
      "except: [1]",
      ":4:10: except[0]: expected a point such as {alpha: 5.6, epsilon: 0.28}, found 1"),
    .section(
      "except: [{}]",
      ":4:10: except[0]: expected a point such as {alpha: 5.6, epsilon: 0.28}, found an empty "
        + "mapping"),
    .section(
      "except: [{y: 1, steps: 2}]",
      ":4:17: except[0].steps: expected an axis of the sweep, found \"steps\"; known are y, seed"),
    .section(
      "except: [{y: 1, sead: 0}]",
      ":4:17: except[0].sead: expected an axis of the sweep, found \"sead\"; did you mean \"seed\"?"
    ),
    .section(
      "except: [{y: one}]", ":4:14: except[0].y: expected a number, found \"one\""),
    .section(
      "except: [{y: [1, 2]}]", ":4:14: except[0].y: expected a number, found a list"),
    .section(
      "except: [{y: 1}, {seed: 0, y: 3}]",
      ":4:31: except[1].y: expected a value of the axis y, found 3; these are 1, 2"),
    .section(
      "except: [{y: 1, seed: 0}, {seed: 0, y: 1.0}]",
      ":4:27: except[1]: expected every point once, found this one again (first at [0])"),
    .section(
      "except: [{y: 1}, {y: 2}]",
      ":4:9: except: expected at least one run that is not left out, found none"),
    .section(
      "except: [{x: 1, steps: 4}]\ntogether: {x: [1, 2], steps: [3, 4]}",
      ":4:10: except[0]: expected values that occur together, but no run has x = 1, steps = 4: they "
        + "are linked"),
  ]
}
