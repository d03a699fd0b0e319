package io.github.clnorm.spark;

import io.github.clnorm.tools.cluster.MeasuredDevice;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The answers of all executors by machine: executors of one machine answer for the same devices, or for different ones if
 * each sees its own.
 */
final class MachineAnswers {

    private static final Pattern IP_ADDRESS = Pattern.compile("[0-9.]+|.*:.*");

    private final Collection<MachineAnswer> all;

    MachineAnswers(Collection<MachineAnswer> all) {
        this.all = List.copyOf(all);
    }

    /** The executors that answered. */
    Set<ExecutorAddress> executors() {
        Set<ExecutorAddress> executors = new HashSet<>();
        all.forEach(answer -> executors.add(answer.executor()));
        return executors;
    }

    /** The devices by machine and address. A measured device replaces one that was not. */
    Map<String, Map<String, MeasuredDevice>> devices() {
        Map<String, Map<String, MeasuredDevice>> devices = new TreeMap<>();
        for (MachineAnswer answer : all) {
            for (MeasuredDevice device : answer.devices()) {
                devices.computeIfAbsent(answer.machine(), machine -> new TreeMap<>())
                        .merge(
                                device.address(),
                                device,
                                (one, other) -> one.problem().isEmpty() ? one : other);
            }
        }
        return devices;
    }

    /** The machines without a device, and why. */
    Map<String, String> problems() {
        Map<String, String> problems = new TreeMap<>();
        all.stream()
                .filter(answer -> !answer.problem().isEmpty())
                .forEach(answer -> problems.putIfAbsent(answer.machine(), answer.problem()));
        problems.keySet().removeAll(devices().keySet());
        return problems;
    }

    /** Whether a machine answered, by the name that Spark or the machine itself has for it. */
    boolean has(String machine) {
        return all.stream().anyMatch(answer -> isSame(machine, answer.machine()) || isSame(machine, answer.hostName()));
    }

    /** Whether two names are one machine's: {@code node7} is {@code node7.example.org}. */
    static boolean isSame(String one, String other) {
        String plain = one.strip().toLowerCase(Locale.ROOT);
        String otherPlain = other.strip().toLowerCase(Locale.ROOT);
        if (plain.equals(otherPlain)) {
            return true;
        }
        if (IP_ADDRESS.matcher(plain).matches()
                || IP_ADDRESS.matcher(otherPlain).matches()) {
            return false;
        }
        return plain.startsWith(otherPlain + ".") && !otherPlain.isEmpty() || otherPlain.startsWith(plain + ".");
    }
}
