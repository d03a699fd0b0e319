package io.github.clnorm.internal.geometry;

/**
 * A section of a tensor {@code [samples][rows][groups][width]}: what goes through a device at once. It is several whole samples,
 * or some rows of one sample, with all groups, some groups, or some columns of one group.
 *
 * <p>Immutable and thread-safe.
 *
 * @param sample the first sample
 * @param samples their number; 1 for less than a sample
 * @param row the first row of the sample
 * @param rows their number
 * @param group the first group
 * @param groups their number
 * @param column the first element of a set in each row
 * @param columns their number
 */
public record Section(
        long sample, long samples, long row, long rows, long group, long groups, long column, long columns) {

    /**
     * Successive elements that are whole samples, or whole rows of a tensor of one sample.
     *
     * @param whole the tensor
     * @param first the index of the first element
     * @param count their number
     * @return the section
     */
    public static Section ofElements(Geometry whole, long first, long count) {
        long ofRow = whole.groups() * whole.width();
        long ofSample = whole.rows() * ofRow;
        return whole.samples() == 1
                ? new Section(0, 1, first / ofRow, count / ofRow, 0, whole.groups(), 0, whole.width())
                : new Section(first / ofSample, count / ofSample, 0, whole.rows(), 0, whole.groups(), 0, whole.width());
    }

    /**
     * The sets of the section. Runs that the section divides become one run.
     *
     * @param whole the tensor
     * @return a geometry that is summed as the tensor is
     */
    public Geometry geometry(Geometry whole) {
        return whole.section(samples, rows, groups, columns, run(whole));
    }

    private long run(Geometry whole) {
        return column % whole.run() == 0 && columns % whole.run() == 0 ? whole.run() : columns;
    }

    /**
     * Its size.
     *
     * @return elements
     */
    public long elements() {
        return samples * rows * groups * columns;
    }

    /**
     * Where it begins.
     *
     * @param whole the tensor
     * @return the index of its first element in the tensor
     */
    public long first(Geometry whole) {
        return ((sample * whole.rows() + row) * whole.groups() + group) * whole.width() + column;
    }

    /**
     * How many stretches of contiguous elements it has.
     *
     * @param whole the tensor
     * @return 1, or the number of rows: a section of the groups or of the columns of several rows
     */
    public long stretches(Geometry whole) {
        return rows == 1 || groups == whole.groups() && columns == whole.width() ? 1 : rows;
    }

    /**
     * The index of its first set.
     *
     * @param whole the tensor
     * @return among the sets of the tensor
     */
    public long firstSet(Geometry whole) {
        return sample * whole.groups() + group;
    }

    /**
     * Sets that it is a section of.
     *
     * @return their number, in the order of the tensor
     */
    public long sets() {
        return samples * groups;
    }

    /**
     * The index of its first gamma.
     *
     * @param whole the tensor
     * @return among the parameters of the tensor
     */
    public long firstParameter(Geometry whole) {
        return group * (whole.width() / whole.run()) + column / whole.run();
    }

    /**
     * The parameters that its elements use.
     *
     * @param whole the tensor
     * @return their number
     */
    public long parameters(Geometry whole) {
        return geometry(whole).parameters();
    }
}
