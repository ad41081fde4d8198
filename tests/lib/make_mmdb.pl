#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a small MaxMind database from rows NETWORK,COUNTRY,ASN on standard input.
#   make_mmdb.pl OUT SHAPE IP-VERSION RECORD-SIZE < rows
# SHAPE: geolite (country.iso_code, autonomous_system_number), flat (country_code, asn as text) or city (neither).
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($out, $shape, $ip_version, $record_size) = @ARGV;
my %types = (
    country => $shape eq 'geolite' ? 'map' : 'utf8_string', iso_code => 'utf8_string', country_code => 'utf8_string',
    autonomous_system_number => 'uint32', asn => 'utf8_string', city => 'utf8_string',
);
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => $ip_version, record_size => $record_size, database_type => "test-$shape", languages => ['en'],
    description => { en => 'made for a test' }, map_key_type_callback => sub { $types{ $_[0] } }, remove_reserved_networks => 0,
    ($ip_version == 6 ? (alias_ipv6_to_ipv4 => 1) : ()),
);
while (my $line = <STDIN>) {
    chomp $line;
    my ($network, $country, $asn) = split /,/, $line, -1;
    my %facts;
    if ($shape eq 'geolite') {
        $facts{country} = { iso_code => $country } if $country ne '';
        $facts{autonomous_system_number} = $asn if $asn ne '';
    } elsif ($shape eq 'flat') {
        $facts{country_code} = $country if $country ne '';
        $facts{asn} = "AS$asn" if $asn ne '';
    } else {
        $facts{city} = 'Somewhere';
    }
    $tree->insert_network($network, \%facts);
}
open my $file, '>', $out or die "$out: $!";
$tree->write_tree($file);
close $file or die "$out: $!";
