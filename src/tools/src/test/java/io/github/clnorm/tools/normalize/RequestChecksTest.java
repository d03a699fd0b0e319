package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.NormSpec;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.tools.testing.CommandLineFixture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid requests of every command: exit code 2 and one line, before a device is selected. */
class RequestChecksTest extends CommandLineFixture {

    /** The options that only some operations have, with a value and the argument that they give. */
    private static final Map<List<String>, NormSpec.Argument> OPTIONS = Map.of(
            List.of("--num-groups", "2"), NormSpec.Argument.NUM_GROUPS,
            List.of("--normalized-shape", "5"), NormSpec.Argument.NORMALIZED_SHAPE,
            List.of("--layout", "channels_last"), NormSpec.Argument.LAYOUT,
            List.of("--training"), NormSpec.Argument.RUNNING_STATISTICS,
            List.of("--eval"), NormSpec.Argument.RUNNING_STATISTICS,
            List.of("--running-mean", "m.npy"), NormSpec.Argument.RUNNING_STATISTICS,
            List.of("--running-var", "v.npy"), NormSpec.Argument.RUNNING_STATISTICS);

    private static final Map<List<String>, NormSpec.Argument> OPTIONS_OF_RUN = Map.of(
            List.of("--momentum", "0.5"), NormSpec.Argument.RUNNING_STATISTICS,
            List.of("--running-mean-output", "m.npy"), NormSpec.Argument.RUNNING_STATISTICS,
            List.of("--running-var-output", "v.npy"), NormSpec.Argument.RUNNING_STATISTICS);

    static Stream<Arguments> foreignOptions() {
        List<Arguments> all = new ArrayList<>();
        for (NormSpec.Kind operation : NormSpec.Kind.values()) {
            OPTIONS.forEach((option, argument) -> {
                if (!operation.takes(argument)) {
                    all.add(Arguments.of("run", operation, option));
                    all.add(Arguments.of("grad", operation, option));
                }
            });
            OPTIONS_OF_RUN.forEach((option, argument) -> {
                if (!operation.takes(argument)) {
                    all.add(Arguments.of("run", operation, option));
                }
            });
        }
        return all.stream();
    }

    private int command(String command, String operation, Object... options) {
        List<Object> arguments = new ArrayList<>(List.of(command, operation, "-i", input));
        arguments.addAll(
                command.equals("run")
                        ? List.of("-o", output)
                        : List.of("--grad-output", input, "--grad-input", output));
        arguments.addAll(List.of(options));
        // Requests are checked before devices: with this selector an accepted request exits with 3.
        arguments.addAll(List.of("--device", "nothing-matches"));
        return execute(arguments.toArray());
    }

    @Test
    void theHelpListsEveryOperation() {
        String list = "group_norm, layer_norm, instance_norm, batch_norm or rms_norm";
        for (String command : List.of("run", "grad", "tune")) {
            assertEquals(0, execute(command, "--help"));
            assertTrue(out.replaceAll("\\s+", " ").contains(list), out);
        }
    }

    @ParameterizedTest
    @MethodSource("foreignOptions")
    void anOptionOfOtherOperationsIsRejected(String command, NormSpec.Kind operation, List<String> option)
            throws IOException {
        refused(
                2,
                command(command, operation.toString(), option.toArray()),
                option.get(0) + " does not belong to " + operation);
    }

    @ParameterizedTest
    @CsvSource({
        "group_norm,--layout channels_last",
        "instance_norm,--layout channels_first",
        "batch_norm,--layout channels_last",
        "layer_norm,--normalized-shape 5",
        "rms_norm,--normalized-shape 5",
        "batch_norm,--momentum -1.2",
        "instance_norm,--momentum 2",
        "batch_norm,--momentum none",
        "batch_norm,--momentum NONE --num-batches-tracked 0",
        "instance_norm,--momentum none --num-batches-tracked 9223372036854775806",
        "group_norm,--activation SiLU",
        "layer_norm,--activation GELU",
        "rms_norm,--activation ReLU",
        "batch_norm,--activation None",
        "batch_norm,--eps 0",
        "rms_norm,--eps 0",
        "layer_norm,--eps 0.5"
    })
    void whatBelongsToAnOperationIsAccepted(String operation, String options) throws IOException {
        List<Object> words = new ArrayList<>(Arrays.asList((Object[]) options.split(" ")));
        if (operation.equals("group_norm")) {
            words.addAll(List.of("--num-groups", "1"));
        }
        refused(3, command("run", operation, words.toArray()), "nothing-matches");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "-1e-30", "-0.5", "NaN", "Infinity", "-Infinity", "1e999"})
    void epsMustBeFiniteAndNotNegative(String eps) throws IOException {
        for (NormSpec.Kind operation : NormSpec.Kind.values()) {
            for (String command : List.of("run", "grad")) {
                refused(
                        2,
                        command(command, operation.toString(), "--eps=" + eps),
                        "--eps",
                        "expected a finite number of 0 or more");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "Infinity", "-Infinity", "1e999", "", "null", "0,1"})
    void momentumMustBeFiniteOrNone(String momentum) throws IOException {
        refused(
                2,
                command("run", "batch_norm", "--momentum=" + momentum),
                "--momentum",
                "expected a finite number or none");
    }

    @Test
    void countsOfBatchesBelongToTheCumulativeAverage() throws IOException {
        String needs = "--num-batches-tracked needs --momentum none";
        refused(2, command("run", "batch_norm", "--num-batches-tracked", "3"), needs);
        refused(2, command("run", "batch_norm", "--momentum", "0.5", "--num-batches-tracked", "3"), needs);
        refused(
                2,
                command("run", "batch_norm", "--momentum", "none", "--num-batches-tracked=-1"),
                "--num-batches-tracked -1: expected a whole number from 0 to 9223372036854775806");
        refused(
                2,
                command("run", "batch_norm", "--momentum", "none", "--num-batches-tracked", "1.5"),
                "--num-batches-tracked",
                "'1.5' is not a whole number");
        refused(
                2,
                command("run", "group_norm", "--num-batches-tracked", "3"),
                "--num-batches-tracked does not belong to group_norm");
    }

    /** Each once printed an exception's text, exited with 1, or was accepted with another meaning. */
    static Stream<String> wrongNumbersAndLists() {
        List<String> all = new ArrayList<>();
        for (String command : List.of("tune", "tune --explain", "tune --quiet")) {
            for (String shape : List.of(
                    ",",
                    "2,",
                    ",2",
                    "2,,3",
                    "x",
                    "-1,2",
                    "0",
                    "2,0",
                    "9223372036854775806",
                    "9223372036854775808",
                    "4611686018427387904,1",
                    "3037000500,3037000500",
                    "1.5",
                    "2;3")) {
                all.add(command + " layer_norm --shape " + shape);
                all.add(command + " group_norm --num-groups 1 --shape " + shape);
            }
            all.add(command + " layer_norm --shape 4,5 --normalized-shape ,");
            all.add(command + " layer_norm --shape 4,5 --normalized-shape 5,");
            all.add(command + " layer_norm --shape 4,5 --normalized-shape -5");
            all.add(command + " layer_norm --shape 4,5 --layout channels_last");
            all.add(command + " rms_norm --shape 4,5 --layout channels_first");
            all.add(command + " layer_norm --shape 4,5 --num-groups 5");
            all.add(command + " group_norm --shape 4,5 --normalized-shape 5");
            all.add(command + " group_norm --shape 1,4 --num-groups 0");
            all.add(command + " group_norm --shape 1,4 --num-groups -4");
            all.add(command + " group_norm --shape 1,4 --num-groups 9223372036854775806");
            all.add(command + " layer_norm --shape 4,5 --dtype ,");
            all.add(command + " layer_norm --shape 4,5 --dtype float32,");
        }
        for (String command : List.of("tune", "bench")) {
            for (String list : List.of(
                    "--suite ,",
                    "--suite quick,",
                    "--dtype ,",
                    "--dtype int8",
                    "--layout ,",
                    "--layout channels_first,",
                    "--direction sideways",
                    "--device ,",
                    "--device gpu,",
                    "--budget 0",
                    "--budget -1s",
                    "--budget NaN",
                    "--budget 1e9s",
                    "--budget 999999999m",
                    "--budget ,")) {
                all.add(command + " " + list);
            }
        }
        all.add("verify --only nothing-begins-so --device ,");
        all.add("verify --device gpu,,cpu");
        all.add("compare");
        for (String percent : List.of("NaN", "-5", "1e3", "5%%", ",", "x")) {
            all.add("compare --baseline a.json --fail-on-regression " + percent);
        }
        all.add("compare --metric ,");
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("wrongNumbersAndLists")
    void aWrongNumberOrListTakesOneLine(String command) throws IOException {
        Object[] words = command.split(" ");
        refused(2, execute(words));
    }

    @ParameterizedTest
    @ValueSource(strings = {",", "5,", ",5", "3,,5", "-5", "x", "9223372036854775808", "4611686018427387904,4"})
    void aWrongNormalizedShapeTakesOneLine(String shape) throws IOException {
        for (NormSpec.Kind operation : NormSpec.Kind.values()) {
            if (operation.takes(NormSpec.Argument.NORMALIZED_SHAPE)) {
                refused(2, command("run", operation.toString(), "--normalized-shape", shape));
                refused(2, command("grad", operation.toString(), "--normalized-shape", shape));
            }
        }
    }

    @Test
    void theLayoutThatWouldFitIsNamedInTheCommandLinesWords() throws IOException {
        Path weight = file("w.npy", TestFiles.npy(new long[] {5}, new float[5]));
        String remedy = "use --layout channels_last";
        refused(
                2,
                command("run", "group_norm", "--num-groups", "1", "--weight", weight),
                "weight of shape [5]",
                remedy);
        refused(2, command("run", "batch_norm", "--weight", weight), "weight should contain 8 elements not 5", remedy);
        refused(
                2,
                command("run", "instance_norm", "--running-mean", weight),
                "running_mean should contain 8 elements not 5",
                remedy);
        Path eight = file("eight.npy", TestFiles.npy(new long[] {8}, new float[8]));
        refused(
                2,
                command("run", "batch_norm", "--layout", "channels_last", "--weight", eight),
                "weight should contain 5 elements not 8",
                "use --layout channels_first");
        Path seven = file("seven.npy", TestFiles.npy(new long[] {7}, new float[7]));
        assertEquals(2, command("run", "batch_norm", "--weight", seven));
        assertTrue(!err.contains("layout"), err);
    }
}
