// Running statistics of BatchNorm and InstanceNorm: updated in training, used in evaluation.
//
//     running_mean = keep * running_mean + factor * (mean over n of mean[n, c])
//     running_var  = keep * running_var  + factor * (mean over n of variance[n, c]) * unbiased
//
// with keep = 1 - factor. unbiased = m / (m - 1) for m elements of a set: the running variance is unbiased, the
// variance that normalizes is not.

#include "types.cl"

// Parallel over: channels; a work-item updates one. The sums over n are compensated.
// [in]     mean, variance             [samples, channels]
// [in,out] running_mean, running_var  [channels]; either may be null
__kernel void running(__global const real *mean, __global const real *variance, __global real *running_mean,
                      __global real *running_var, const ulong samples, const ulong channels, const real keep,
                      const real factor, const real unbiased)
{
    const size_t c = get_global_id(0);
    real mean_sum = 0, mean_error = 0, variance_sum = 0, variance_error = 0, sum, rounding;
    for (ulong n = 0; n < samples; n++) {
        TWO_SUM(real, sum, rounding, mean_sum, mean[n * channels + c]);
        mean_sum = sum;
        mean_error += rounding;
        TWO_SUM(real, sum, rounding, variance_sum, variance[n * channels + c]);
        variance_sum = sum;
        variance_error += rounding;
    }
    if (running_mean) {
        running_mean[c] = keep * running_mean[c] + factor * ((mean_sum + mean_error) / (real)samples);
    }
    if (running_var) {
        running_var[c] = keep * running_var[c] + factor * ((variance_sum + variance_error) / (real)samples * unbiased);
    }
}
