package io.github.clnorm.internal.stream;

import io.github.clnorm.device.ClException;
import io.github.clnorm.internal.runtime.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The devices that share the sections of a tensor, by fixed weights. A device that fails is taken out, and the others take its
 * sections.
 *
 * <p>Thread-safe. For one pass.
 */
public final class StreamDevices {

    private final List<Session> sessions;
    private final double[] weights;
    private final ClException[] failures;
    private final Map<Session, Long> elements = new IdentityHashMap<>();

    /**
     * Several devices.
     *
     * @param sessions open, one or more
     * @param weights of their shares, positive, in the same order
     */
    public StreamDevices(List<Session> sessions, double... weights) {
        this.sessions = List.copyOf(sessions);
        this.weights = weights.clone();
        this.failures = new ClException[weights.length];
        if (sessions.isEmpty() || weights.length != sessions.size()) {
            throw new IllegalArgumentException(sessions.size() + " devices with " + weights.length + " weights");
        }
    }

    /**
     * One device.
     *
     * @param session open
     * @return it alone
     */
    public static StreamDevices of(Session session) {
        return new StreamDevices(List.of(session), 1);
    }

    /**
     * Why a device was taken out.
     *
     * @return an entry for each device, in their order: its failure, or null
     */
    public synchronized List<ClException> failures() {
        return Arrays.asList(failures.clone());
    }

    /**
     * How much a device computed of the results.
     *
     * @param session one of the devices
     * @return elements
     */
    public synchronized long elements(Session session) {
        return elements.getOrDefault(session, 0L);
    }

    synchronized void computed(Session session, long count) {
        elements.merge(session, count, Long::sum);
    }

    /** Takes a device out. */
    synchronized void failed(Session session, ClException failure) {
        failures[sessions.indexOf(session)] = failure;
    }

    /** Those that have not failed. If there are none, their failures are thrown. */
    private synchronized List<Integer> working() {
        List<Integer> working = new ArrayList<>();
        for (int i = 0; i < failures.length; i++) {
            if (failures[i] == null) {
                working.add(i);
            }
        }
        if (working.isEmpty()) {
            throw allFailed();
        }
        return working;
    }

    private synchronized ClException allFailed() {
        ClException first = failures[0];
        for (ClException other : failures) {
            if (other != first) {
                first.addSuppressed(other);
            }
        }
        return first;
    }

    /**
     * Consecutive shares of some work.
     *
     * @param session the device that takes it
     * @param from the first item
     * @param to the end
     */
    record Share(Session session, int from, int to) {}

    /** Divides items among the devices that have not failed, by their weights. Items are not empty. */
    List<Share> shares(int items) {
        List<Integer> working = working();
        double all = working.stream().mapToDouble(i -> weights[i]).sum();
        List<Share> shares = new ArrayList<>();
        double before = 0;
        int from = 0;
        for (int device : working) {
            before += weights[device];
            boolean isLast = device == working.get(working.size() - 1);
            int to = isLast ? items : (int) Math.round(items * before / all);
            if (to > from) {
                shares.add(new Share(sessions.get(device), from, to));
            }
            from = to;
        }
        return shares;
    }

    /**
     * Lets the first device do something that one device does, or the next one if it fails or rejects it.
     *
     * @param work throws IllegalArgumentException if it is too much for the device
     * @throws IllegalArgumentException the first rejection, if no device does it
     */
    <T> T onOne(Function<Session, T> work) {
        IllegalArgumentException rejection = null;
        for (int device : working()) {
            Session session = sessions.get(device);
            try {
                return work.apply(session);
            } catch (ClException e) {
                failed(session, e);
            } catch (IllegalArgumentException e) {
                if (rejection == null) {
                    rejection = e;
                } else {
                    rejection.addSuppressed(e);
                }
            }
        }
        throw rejection != null ? rejection : allFailed();
    }
}
