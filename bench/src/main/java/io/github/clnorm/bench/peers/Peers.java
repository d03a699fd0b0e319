package io.github.clnorm.bench.peers;

import io.github.clnorm.NormSpec;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Suite;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.tools.terminal.Lists;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The program behind {@code clnorm peers}: checks every peer, times the correct ones, prints tables. */
@Command(
        name = "clnorm peers",
        description = "Time per call in us next to other libraries and, in brackets, the ratio to clnorm's time. "
                + "Above 1, clnorm is faster. One table for each layout, type, number of threads, chain and pass.",
        sortOptions = false,
        footer = {
            "",
            "'rotated': the tensors come from memory; 'cached': each call uses the same small tensors;",
            "'chained': each call reads what the call before it wrote.",
            "Exit codes: 0 done; 1 a failure, or clnorm's own result is wrong; 2 the request is wrong; 3 no PoCL."
        })
public final class Peers implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--suite",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "quick",
            description = "Which workloads: names of suites, or 'all' (default: ${DEFAULT-VALUE}).")
    private List<String> suites;

    @Option(
            names = "--dtype",
            split = ",",
            paramLabel = "TYPE",
            defaultValue = "float32",
            description =
                    "Types of the tensors, and of weight and bias: float16, bfloat16, float32 (default: ${DEFAULT-VALUE}).")
    private List<String> types;

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
            defaultValue = "clnorm,libtorch,libtorch-huge-pages,onednn,onnxruntime,java",
            description = {
                "Which libraries (default: ${DEFAULT-VALUE}).",
                "libtorch-huge-pages is libtorch with an allocator that asks for huge pages."
            })
    private List<String> peers;

    @Option(
            names = "--direction",
            split = ",",
            paramLabel = "DIRECTION",
            defaultValue = "forward,backward",
            description = "forward, backward or both (default: ${DEFAULT-VALUE}).")
    private List<String> directions;

    @Option(
            names = "--threads",
            split = ",",
            paramLabel = "N",
            defaultValue = "2",
            description = "Threads of each library, each bound to a core (default: ${DEFAULT-VALUE}).")
    private List<Integer> threads;

    @Option(
            names = "--chain",
            split = ",",
            paramLabel = "N",
            defaultValue = "1",
            description = {
                "How many calls run before one is waited for (default: ${DEFAULT-VALUE}).",
                "Above 1, each call reads what the call before it wrote, as in a network: '1,32' measures both."
            })
    private List<Integer> chains;

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
            defaultValue = "5",
            description = "Seconds of warm-up before (default: ${DEFAULT-VALUE}).")
    private double warmupSeconds;

    @Option(names = "--no-cached", description = "Do not measure small tensors in a cache.")
    private boolean noCached;

    @Option(names = "--check-only", description = "Check the results without timing.")
    private boolean checkOnly;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = {
                "Where all raw results go.",
                "Default: a file for each layout, type, number of threads and chain, "
                        + "bench/results/peers-SUITES-SETTING-DATE.json."
            })
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
        System.exit(run(arguments));
    }

    /** Runs and returns the exit code. */
    static int run(String... arguments) {
        CommandLine commandLine = new CommandLine(new Peers());
        commandLine.setParameterExceptionHandler((e, given) -> refuse(e));
        commandLine.setExecutionExceptionHandler((e, line, parsed) -> {
            if (e instanceof IllegalArgumentException) {
                return refuse(e);
            }
            print(e.getMessage() == null ? e.toString() : e.getMessage());
            return e instanceof NoDeviceException ? 3 : 1;
        });
        return commandLine.execute(arguments);
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
        Lists.check(spec, "--suite", "--dtype", "--layout", "--peer", "--direction", "--threads", "--chain");
        List<PeerName> names = values(peers, PeerName::parse).stream().sorted().toList();
        List<Direction> passes = values(directions, name -> named(Direction.values(), name, "direction"));
        List<Layout> orders = values(layouts, name -> named(Layout.values(), name, "layout"));
        List<ElementType> dtypes = values(types, Peers::type);
        List<Suite> chosen = suites();
        if (forks < 1 || !(seconds > 0) || !(warmupSeconds > 0)) {
            throw new IllegalArgumentException("expected --forks, --time and --warmup above 0, got " + forks + ", "
                    + seconds + " and " + warmupSeconds);
        }
        List<Setting> settings = new ArrayList<>();
        for (Layout layout : orders) {
            for (ElementType type : dtypes) {
                threads.stream().distinct().forEach(count -> chains.stream()
                        .distinct()
                        .forEach(calls -> settings.add(new Setting(layout, type, count, checked(calls)))));
            }
        }
        // Rejects a number before hours of work.
        settings.forEach(setting -> Cores.choose(setting.threads()));
        Path bench = Path.of(System.getProperty("clnorm.bench", "bench"));
        Path target = bench.resolveSibling("target").resolve("clnorm-bench");
        Path log = target.resolve("jmh.log");
        Path exchange = Files.createDirectories(target.resolve("exchange"));
        Files.deleteIfExists(log);
        Load before = Load.now();
        RawResults shared = json == null ? null : new RawResults(json, begun, before);
        Timer timer = checkOnly
                ? new Timer(1, SHORTEST, SHORTEST, log, exchange)
                : new Timer(forks, seconds, warmupSeconds, log, exchange);
        if (names.contains(PeerName.CLNORM)) {
            // Printed once, before the work starts.
            DeviceSelector.parse(ClnormPeer.DEVICE).select();
        }
        announce(before, names);
        boolean failed = false;
        for (Setting setting : settings) {
            List<Workload> workloads = workloads(chosen, setting, orders.get(0));
            if (workloads.isEmpty()) {
                continue;
            }
            RawResults raw = shared != null ? shared : new RawResults(results(bench, setting), begun, Load.now());
            List<Cache> caches = setting.caches(!noCached && !checkOnly);
            PeerRun run = new PeerRun(names, setting, caches, timer, exchange, raw);
            for (Direction direction : passes) {
                Load start = Load.now();
                PeerTable table = run.table(workloads, chosen, direction);
                if (!checkOnly) {
                    System.out.println(table + Load.now().summary(start) + "\n");
                }
            }
            System.err.println("raw results: " + raw.file());
            failed |= run.failed();
        }
        if (failed) {
            print("something failed: see " + log);
        }
        return failed ? 1 : 0;
    }

    /** Says once what a reader of the figures has to know. */
    private static void announce(Load before, List<PeerName> names) {
        if (before.warning() != null) {
            print(before.warning());
        }
        if (!ProcessSettings.pinned()) {
            print("processes cannot be bound to processors (taskset): all of them are used");
        }
        if (HugePages.mode().equals("always")) {
            print("this system gives huge pages to every program that has large allocations, so libtorch has them too");
        } else if (!HugePages.available() && names.contains(PeerName.LIBTORCH_HUGE_PAGES)) {
            print("this system has no huge pages: " + PeerName.LIBTORCH_HUGE_PAGES + " is left out");
        }
    }

    private Path results(Path bench, Setting setting) {
        String date = begun.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HHmmss", Locale.ROOT));
        return bench.resolve("results")
                .resolve("peers-" + String.join("+", suites) + setting.fileName() + "-" + date + ".json");
    }

    private static int checked(int calls) {
        if (calls < 1) {
            throw new IllegalArgumentException("--chain: expected 1 or more calls, got " + calls);
        }
        return calls;
    }

    private static ElementType type(String name) {
        return named(new ElementType[] {ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.FLOAT32}, name, "type");
    }

    /** Each suite once; those of 'all' are all but the selection of others. */
    private List<Suite> suites() {
        return suites.stream()
                .flatMap(name -> name.equals("all")
                        ? EnumSet.complementOf(EnumSet.of(Suite.QUICK)).stream()
                        : Stream.of(Suite.parse(name)))
                .distinct()
                .toList();
    }

    /**
     * The suites' workloads in a setting. Those that have no layout are measured in the first one alone, those with
     * additions without chains.
     */
    private static List<Workload> workloads(List<Suite> suites, Setting setting, Layout first) {
        return suites.stream()
                .flatMap(suite -> suite.workloads().stream())
                .filter(workload ->
                        setting.layout() == first || workload.operation().takes(NormSpec.Argument.LAYOUT))
                .filter(workload -> !setting.chained() || workload.plain())
                .map(workload -> workload.in(setting.type(), setting.layout()))
                .distinct()
                .toList();
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
