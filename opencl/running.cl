// Running statistics: what BatchNorm and InstanceNorm remember of the batches they were trained on.
//
//     running_mean = (1 - factor) * running_mean + factor * mean over n of mean[n, c]
//     running_var  = (1 - factor) * running_var  + factor * mean over n of variance[n, c] * m / (m - 1)
//
// where m elements made each mean and variance: the running variance is unbiased, the one that normalizes is not.

#include "types.cl"

// Parallel over: channels, one a work-item.
// [in]     mean, variance  [samples, channels]
// [in,out] running_mean, running_var  [channels]; either may be null
__kernel void running(__global const real *mean, __global const real *variance, __global real *running_mean,
                      __global real *running_var, const ulong samples, const ulong channels, const real keep,
                      const real factor, const real unbiased)
{
    const size_t c = get_global_id(0);
    real means = 0, mean_errors = 0, variances = 0, variance_errors = 0, total, rounding;
    for (ulong n = 0; n < samples; n++) {
        TWO_SUM_OF(real, total, rounding, means, mean[n * channels + c]);
        means = total;
        mean_errors += rounding;
        TWO_SUM_OF(real, total, rounding, variances, variance[n * channels + c]);
        variances = total;
        variance_errors += rounding;
    }
    if (running_mean) {
        running_mean[c] = keep * running_mean[c] + factor * ((means + mean_errors) / (real)samples);
    }
    if (running_var) {
        running_var[c] = keep * running_var[c] + factor * ((variances + variance_errors) / (real)samples * unbiased);
    }
}
