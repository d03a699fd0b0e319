package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.plan.Plan;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** What the plans of one search share: the pass with its copies of the tensors, the reference plan and the rejections. */
final class Track {

    private static final System.Logger LOG = System.getLogger(Track.class.getName());

    private final Work work;
    private final Plan reference;
    private final List<Tuned.Rejected> rejected = new ArrayList<>();
    private int copy;

    Track(Work work, Plan reference) {
        this.work = work;
        this.reference = reference;
    }

    Work work() {
        return work;
    }

    /** Whether a plan is the heuristic's, which must run. */
    boolean isReference(Plan plan) {
        return plan.equals(reference);
    }

    int nextCopy() {
        copy = (copy + 1) % work.copies();
        return copy;
    }

    void reject(Plan plan, String reason) {
        LOG.log(Level.DEBUG, "{0} is rejected for {1}: {2}", plan, work.grouping(), reason);
        rejected.add(new Tuned.Rejected(plan, reason));
    }

    List<Tuned.Rejected> rejected() {
        return rejected;
    }
}
