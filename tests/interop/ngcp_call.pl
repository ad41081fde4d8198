# SPDX-License-Identifier: GPL-2.0-or-later
# One call through a relay, by the clients that rtpengine is tested with.
#     ngcp_call.pl MEDIA_PORT CALLER CALLED    each `plain` or `sdes`, and 4 or 6: sdes4
# Each client checks what it gets against what the other one sent, and tells how much of RTP and RTCP that was.
use strict;
use warnings;
use NGCP::Rtpengine::Test;
use NGCP::Rtpclient::SRTP;
use Socket;
use Socket6;

my ($media_port, @kinds) = @ARGV;
my @sides = map {
    /^(plain|sdes)([46])$/ or die("$_: expected plain4, plain6, sdes4 or sdes6\n");
    {
        client => {$1 eq 'sdes' ? (sdes => 1) : (), sockdomain => $2 == 4 ? AF_INET : Socket6::AF_INET6()},
        transport => $1 eq 'sdes' ? 'RTP/SAVP' : 'RTP/AVP',
        family => "IP$2",
    }
} @kinds;

my $test = NGCP::Rtpengine::Test->new(media_port => $media_port);
my ($caller, $called) = $test->client_pair(map { $_->{client} } @sides);
my %both = (ICE => 'remove', replace => ['origin', 'session-connection']);

sub towards { return (%both, 'transport-protocol' => $_[0]{transport}, 'address-family' => $_[0]{family}); }

$caller->offer($called, label => 'caller', towards($sides[1]));
$called->answer($caller, label => 'called', towards($sides[0]));
$_->start_rtp(), $_->start_rtcp() for ($caller, $called);

# 500 packets each, faster than speech; then what is still under way.
$_->{rtp}{ptime} = 10 for ($caller, $called);
my $deadline = time() + 60;

sub watch {
    my @left = grep { $_->{rtp}{packet_count} < 500 } ($caller, $called);
    $_->{rtp}{next_send} = 9e9 for (grep { $_->{rtp}{packet_count} >= 500 } ($caller, $called));
    $_->{rtcp}{next_send} = 9e9 for (@left ? () : ($caller, $called));
    my @missing = map { @{$_} } map { @{$_->{media_receive_queues}} } ($caller, $called);
    if (@left || @missing) {
        return $test->timer_once(0.005, \&watch) if (time() < $deadline);
    }
    # What comes now was sent twice.
    $test->timer_once(0.3, sub { $test->stop(); });
}
watch();
$test->run();
$caller->teardown(dump => 0);
