package io.github.clnorm.bench.conformance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;

/**
 * Writes what libtorch computes for PyTorch's own test cases to {@code pytorch.json} and {@code pytorch.safetensors} in
 * the folder of its first argument, and the files of {@link StateData} to that of its second. Run from the top of the
 * project:
 *
 * <pre>{@code
 * mvn -f bench/pom.xml -q compile exec:java \
 *     -Dexec.mainClass=io.github.clnorm.bench.conformance.ConformanceData \
 *     -Dexec.args="src/tools/src/main/resources/io/github/clnorm/tools/conformance \
 *         src/library/src/test/resources/io/github/clnorm/state"
 * }</pre>
 *
 * <p>The JSON file holds {@code {"source": "libtorch 2.10", "cases": [...]}}, one case per line. Tensors are named by
 * the
 * number of the case that first has them, counted from 0, and their place in it; equal tensors are stored once. A case
 * is one of two kinds:
 *
 * <ul>
 *   <li><b>a call.</b> {@code name}, {@code operation}, {@code source} (where in PyTorch the case is from), the
 *       arguments, {@code tensors} and {@code expected}, each a map from role to name of a tensor. Arguments are
 *       PyTorch's defaults written out; an {@code eps} of null, in rms_norm, is the machine epsilon of the type
 *       libtorch computes in: float32's for float16 and bfloat16 too.
 *   <li><b>a module.</b> The same, with {@code module} ({@code BatchNorm1d} and so on), its settings, {@code steps} in
 *       order, each {@code {"training", "input", "output"}}, and {@code state} after the last. It begins with
 *       running_mean 0 and running_var 1, weight and bias as in {@code tensors}. A {@code momentum} of null is the
 *       cumulative average.
 * </ul>
 *
 * <p>A call and a step also have {@code gradients}, a map from role to name: {@code grad_output}, a random
 * gradient with respect to the output, the same for all outputs of a shape, and the gradients that libtorch's autograd
 * computes from it,
 * {@code grad_input}, {@code grad_weight} and {@code grad_bias}, if there are a weight and a bias. Evaluation is
 * the last step: its gradients use the running statistics in {@code state}. libtorch does not compute the gradient of
 * group_norm's bias if there is no weight.
 *
 * <p>Instead of {@code expected} or a step's {@code output} there may be {@code error}: the first line of what libtorch
 * throws. For these cases only shapes and types matter. {@code "nan": true} says that an expected value is NaN, for
 * example the square root of a negative number. NaN is PyTorch's result, not a gap in the data.
 */
public final class ConformanceData {

    private ConformanceData() {}

    /**
     * Writes all files.
     *
     * @param arguments the folder of the cases, and the folder of the states
     * @throws IOException if they cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("two arguments: the folder of the cases, and the folder of the states");
        }
        Path folder = Path.of(arguments[0]);
        // The order of summation depends on the vector width: without this the last bits would depend on this machine.
        torch.set_env("ATEN_CPU_CAPABILITY", "default", true);
        torch.set_num_threads(1);
        String capability = torch.get_cpu_capability().getString();
        if (!capability.equals("DEFAULT")) {
            throw new IllegalStateException("libtorch computes with " + capability);
        }
        CaseList cases = new CaseList();
        NoGradGuard withoutGradients = new NoGradGuard();
        new CallCases(cases).add();
        new ModuleCases(cases).add();
        new ErrorCases(cases).add();
        Files.createDirectories(folder);
        List<ObjectNode> all = cases.all();
        Files.writeString(folder.resolve("pytorch.json"), json(all));
        Files.write(folder.resolve("pytorch.safetensors"), cases.tensors().safetensors());
        System.out.println(all.size() + " cases, " + cases.tensors().size() + " tensors");
        StateData.write(Path.of(arguments[1]));
        withoutGradients.close();
    }

    /** One case per line, so that a change of one case changes one line. */
    private static String json(List<ObjectNode> cases) {
        return cases.stream()
                .map(ObjectNode::toString)
                .collect(Collectors.joining(",\n", "{\"source\": \"libtorch 2.10\", \"cases\": [\n", "\n]}\n"));
    }
}
