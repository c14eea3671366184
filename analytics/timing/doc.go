// Package timing answers when, and by which channel, a person is best reached, from what they and everybody else
// reacted to before. It is pure: no clock, no database.
//
// # When
//
// A day has 24 hours, and there are two classes of days, workdays and weekends: 48 cells. A person's reactions are taken
// for draws from a multinomial distribution over the cells, and the reactions of everybody for what is known of it
// before: a Dirichlet prior worth Strength reactions. The posterior mean of a cell is then
//
//	p(c) = (Strength·m(c) + Σ k(c,c')·n(c')) / (Strength + Σ n)
//
// with n the person's counts and m the share of everybody's reactions in the cell, itself shrunk towards uniform
// (Gelman et al., Bayesian Data Analysis, 3rd edition, 3.4). A click at nine tells something of ten as well, and
// midnight is next to eleven at night: the kernel k spreads each count over the hours of its class by the von Mises
// density exp(κ·cos(2π(h-h')/24)), made to sum to one (Mardia and Jupp, Directional Statistics, 2000, on densities on
// the circle). There are five workdays and two days of a weekend, so the odds of a single hour are p divided by the days
// of its class.
//
// # By which channel
//
// Whether somebody reacts to a message of a channel is a Bernoulli trial with a Beta prior whose mean is the rate of
// everybody and whose weight is so many messages; the posterior mean is (a+r)/(a+b+n) for r reactions to n messages
// (ibid., 2.1 and 2.4). What the person said they prefer counts before any of it.
package timing
