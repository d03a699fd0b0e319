package io.github.clnorm.internal.model;

/**
 * What one launch asks of a GPU.
 *
 * <p>Immutable and thread-safe.
 *
 * @param kernel the kernel's name
 * @param groups its work-groups
 * @param group what each of them takes from its unit
 * @param traffic what all of them move
 * @param chain what a work-group does one after another
 * @param instructions single-precision instructions of a work-group, summed over its work-items
 */
public record LaunchDemand(String kernel, long groups, Group group, Traffic traffic, Chain chain, double instructions) {

    /**
     * One of several launches that share out the work-groups and the tensors equally.
     *
     * @param number how many launches
     * @return what each of them asks for
     */
    public LaunchDemand share(int number) {
        return number == 1
                ? this
                : new LaunchDemand(
                        kernel, Math.max(1, groups / number), group, traffic.share(number), chain, instructions);
    }

    /**
     * What a work-group takes from its unit.
     *
     * @param size work-items
     * @param registers 32-bit registers of a work-item
     * @param localBytes local memory
     */
    public record Group(int size, int registers, long localBytes) {}

    /**
     * What a launch moves, in bytes.
     *
     * @param read reads of data that no cache has
     * @param again reads of data that were read before
     * @param span bytes that pass a cache between the two reads: those of a work-group, or those of the whole tensor
     * @param ofTensor whether {@code span} is that of the whole tensor, which all work-groups share
     * @param written writes
     * @param inFlight bytes that a work-group has requested at the same time
     */
    public record Traffic(double read, double again, double span, boolean ofTensor, double written, double inFlight) {

        private Traffic share(int number) {
            return new Traffic(
                    read / number,
                    again / number,
                    ofTensor ? span / number : span,
                    ofTensor,
                    written / number,
                    inFlight);
        }
    }

    /**
     * What a work-group does one after another: each step waits for the one before.
     *
     * @param loads waits for loads of data that no cache has
     * @param reloads waits for loads of data that were read before
     * @param hits waits for loads that hit a cache
     * @param barriers barriers
     * @param instructions dependent instructions of one work-item
     */
    public record Chain(double loads, double reloads, double hits, double barriers, double instructions) {

        /**
         * This chain and another one after it.
         *
         * @param next what follows
         * @return both
         */
        public Chain then(Chain next) {
            return new Chain(
                    loads + next.loads,
                    reloads + next.reloads,
                    hits + next.hits,
                    barriers + next.barriers,
                    instructions + next.instructions);
        }

        /**
         * This chain several times.
         *
         * @param count how often
         * @return the repetition
         */
        public Chain times(double count) {
            return new Chain(loads * count, reloads * count, hits * count, barriers * count, instructions * count);
        }
    }
}
