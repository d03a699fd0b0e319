package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code clnorm peers}: checks every peer, times the correct ones, prints tables. */
@Command(
        name = "clnorm peers",
        description =
                "Time per call in us next to other libraries and, in brackets, the ratio to clnorm's time.",
        sortOptions = false,
        footer = {
            "",
            "'rotated': the tensors come from memory; 'cached': each call uses the same small tensors.",
            "Exit codes: 0 done; 1 a failure, or clnorm's own result is wrong; 2 the request is wrong; 3 no PoCL."
        })
public final class Peers implements Callable<Integer> {

    @Option(
            names = "--suite",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "quick",
            description = "Which workloads: names of suites, or 'all' (default: ${DEFAULT-VALUE}).")
    private List<String> suites;

    @Option(
            names = "--layout",
            split = ",",
            paramLabel = "LAYOUT",
            defaultValue = "channels_first",
            description = "channels_first, channels_last or both (default: ${DEFAULT-VALUE}).")
    private List<String> layouts;

    @Option(
            names = "--peer",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "clnorm,libtorch,onednn,onnxruntime,java",
            description = "Which libraries (default: ${DEFAULT-VALUE}).")
    private List<String> peers;

    @Option(
            names = "--direction",
            split = ",",
            paramLabel = "DIRECTION",
            defaultValue = "forward,backward",
            description = "forward, backward or both (default: ${DEFAULT-VALUE}).")
    private List<String> directions;

    @Option(
            names = "--forks",
            paramLabel = "N",
            defaultValue = "1",
            description = "Processes for each measurement (default: ${DEFAULT-VALUE}).")
    private int forks;

    @Option(
            names = "--time",
            paramLabel = "SECONDS",
            defaultValue = "1.5",
            description = "Seconds measured in each process, in five parts (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(
            names = "--warmup",
            paramLabel = "SECONDS",
            defaultValue = "0.7",
            description = "Seconds of warm-up before (default: ${DEFAULT-VALUE}).")
    private double warmupSeconds;

    @Option(names = "--no-cached", description = "Do not measure small tensors in a cache.")
    private boolean noCached;

    @Option(names = "--check-only", description = "Check the results without timing.")
    private boolean checkOnly;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Where the raw results go (default: bench/results/peers-SUITES-DATE.json).")
    private Path json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help message and exit.")
    private boolean help;

    // Seconds: JMH's minimum for a run that only checks.
    private static final double SHORTEST = 1e-3;

    private final OffsetDateTime begun = OffsetDateTime.now();

    private Peers() {}

    /**
     * Runs and exits with a code.
     *
     * @param arguments the command line
     */
    public static void main(String[] arguments) {
        CommandLine commandLine = new CommandLine(new Peers());
        commandLine.setParameterExceptionHandler((e, given) -> refuse(e));
        commandLine.setExecutionExceptionHandler((e, line, parsed) -> {
            if (e instanceof IllegalArgumentException) {
                return refuse(e);
            }
            print(e.getMessage() == null ? e.toString() : e.getMessage());
            return e instanceof NoDeviceException ? 3 : 1;
        });
        System.exit(commandLine.execute(arguments));
    }

    private static int refuse(Exception e) {
        print(e.getMessage());
        return 2;
    }

    private static void print(String message) {
        System.err.println("clnorm: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
    }

    @Override
    public Integer call() throws IOException {
        List<PeerName> names = values(peers, PeerName::parse).stream().sorted().toList();
        List<Direction> passes = values(directions, name -> named(Direction.values(), name, "direction"));
        List<Layout> orders = values(layouts, name -> named(Layout.values(), name, "layout"));
        Set<Workload> workloads = workloads();
        if (forks < 1 || !(seconds > 0) || !(warmupSeconds > 0)) {
            throw new IllegalArgumentException("expected --forks, --time and --warmup above 0, got " + forks + ", "
                    + seconds + " and " + warmupSeconds);
        }
        Path bench = Path.of(System.getProperty("clnorm.bench", "bench"));
        Path log = bench.resolve("target/jmh.log");
        Path exchange = Files.createDirectories(bench.resolve("target/exchange"));
        Files.deleteIfExists(log);
        Timer timer = checkOnly
                ? new Timer(1, SHORTEST, SHORTEST, log, exchange)
                : new Timer(forks, seconds, warmupSeconds, log, exchange);
        Path file = json != null ? json : bench.resolve("results").resolve(fileName());
        RawResults raw = new RawResults(file, begun);
        if (names.contains(PeerName.CLNORM)) {
            // Printed once, before the work starts.
            DeviceSelector.parse(ClnormPeer.DEVICE).select();
        }
        List<Cache> caches = noCached || checkOnly ? List.of(Cache.ROTATED) : List.of(Cache.values());
        PeerRun run = new PeerRun(names, caches, timer, exchange, raw);
        List<PeerTable> tables = new ArrayList<>();
        for (Layout layout : orders) {
            // layer_norm has no layout, so it runs once.
            List<Workload> ofLayout = workloads.stream()
                    .filter(workload ->
                            layout == orders.get(0) || workload.operation().takes(NormSpec.Argument.LAYOUT))
                    .map(workload -> workload.in(ElementType.FLOAT32, layout))
                    .toList();
            for (Direction direction : ofLayout.isEmpty() ? List.<Direction>of() : passes) {
                tables.add(run.table(ofLayout, layout, direction));
            }
        }
        if (!checkOnly) {
            tables.forEach(System.out::println);
        }
        System.err.println("raw results: " + file);
        if (run.failed()) {
            print("something failed: see " + log);
        }
        return run.failed() ? 1 : 0;
    }

    private String fileName() {
        String date = begun.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HHmm", Locale.ROOT));
        return "peers-" + String.join("+", suites) + "-" + date + ".json";
    }

    private Set<Workload> workloads() {
        Set<Workload> workloads = new LinkedHashSet<>();
        for (String name : suites) {
            List<Suite> named = name.equals("all") ? List.of(Suite.values()) : List.of(Suite.parse(name));
            named.forEach(suite -> workloads.addAll(suite.workloads()));
        }
        return workloads;
    }

    private static <T> List<T> values(List<String> names, Function<String, T> parse) {
        return names.stream().map(parse).distinct().toList();
    }

    private static <E extends Enum<E>> E named(E[] values, String name, String what) {
        return Arrays.stream(values)
                .filter(value -> value.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown " + what + " '" + name + "': expected "
                        + Arrays.stream(values).map(E::toString).collect(Collectors.joining(", "))));
    }
}
