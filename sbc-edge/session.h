// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "drop_reason.h"
#include "leg_origin.h"
#include "media_facts.h"
#include "sdes.h"
#include "sdp.h"
#include "srtp_context.h"

/**
 * A call: its legs, their media streams, and what was decided about it. Plain data owned by one
 * worker thread; no sockets are opened or closed here, no clock is read.
 */

#define EDGE_LEGS_MAX     8 /**< both ends and parallel branches */
#define EDGE_LEG_TAGS_MAX 4 /**< To-tags of branches that share one offered description */
#define EDGE_OWN_KEYS_MAX 4 /**< crypto lines we offer */
#define EDGE_CUSTOMER_MAX 64

enum edge_component {
    EDGE_RTP = 0,
    EDGE_RTCP = 1,
    EDGE_COMPONENTS = 2,
};

/** From where media of a leg is taken, before anything has been learned. */
enum edge_learning {
    EDGE_LEARN_PORT = 0,   /**< the signalled address; its port may be learned once */
    EDGE_LEARN_OFF,        /**< the signalled address and port only */
    EDGE_LEARN_ASYMMETRIC, /**< the signalled address, any port; answers go to the signalled port */
    EDGE_LEARN_ANY,        /**< any source of the same family, once (senders behind NAT) */
};

struct edge_tally {
    uint64_t packets;
    uint64_t bytes;
};

/** One socket: RTP or RTCP of one media stream of one leg. */
struct edge_flow {
    struct edge_media *media;
    enum edge_component component;
    int fd;                       /**< -1: none */
    union edge_address signalled; /**< from the description; unknown family before one came */
    union edge_address remote;    /**< where packets go: as signalled, then as learned */
    bool is_pinned;               /**< `remote` was learned or confirmed by a packet */
    uint64_t pinned_seen_ns;      /**< last packet from the pinned source */
    uint64_t last_in_ns;          /**< last packet taken, 0: none */
    uint32_t ssrc_in;             /**< of the last packet taken */
    struct edge_tally in;         /**< taken: valid and, on SRTP legs, authenticated */
    struct edge_tally out;        /**< sent to the leg */
    struct edge_tally dropped;    /**< arrived here and not forwarded */
    uint64_t drops[EDGE_DROP_COUNT];
};

/**
 * Sequence numbers towards an SRTP leg. A sender that starts anew under the same SSRC, in clear or
 * with a new key, would fall behind the index our own key has reached, and could not be encrypted
 * for minutes: it is moved up to where the leg expects the next packet.
 */
struct edge_restart {
    bool is_known;
    uint32_t ssrc;
    uint16_t offset;   /**< added to what arrives */
    uint16_t last_out; /**< newest number sent */
    uint8_t n_refused; /**< packets in a row that were too old */
    bool goes_on;      /**< `last_out` is from a record: newer numbers have been sent */
};

/** One m= section of one leg. */
struct edge_media {
    struct edge_leg *leg;
    unsigned index;
    struct edge_media
        *peer;      /**< where this leg's packets go; NULL before the other side is there */
    bool is_active; /**< not rejected, ports are open */
    enum edge_sdp_media_type type;
    enum edge_sdp_proto proto;
    bool is_srtp;          /**< nothing in clear is taken from or sent to the leg */
    bool is_opaque;        /**< T.38 by UDPTL, while it lasts: datagrams are passed on unread */
    bool takes_plain_rtcp; /**< SRTP leg whose RTCP may come in clear */
    bool has_udptl_offer;  /**< the leg asks for T.38 at `udptl`, and waits for the answer */
    union edge_address udptl;
    bool has_close_offer; /**< the leg asks to end the stream, and waits for the answer */
    bool names_us;        /**< the leg's last description has a port of ours for its own */
    bool is_on_hold;      /**< by the leg's last description: it may be silent for long */
    bool has_rtcp_mux;    /**< RTCP shares the RTP port towards this leg */
    enum edge_learning learning;
    uint8_t tos;   /**< type of service of what leaves by our ports */
    uint16_t port; /**< our RTP port, RTCP is the next one; 0: none */
    struct edge_flow flow[EDGE_COMPONENTS];
    struct edge_media_facts facts;  /**< of what the leg sends */
    struct edge_payloads described; /**< by the leg's last description */

    struct edge_srtp *receive;
    struct edge_srtp *receive_old; /**< tolerated for a while after a re-key */
    uint64_t receive_old_until_ns; /**< 0: until rekey_grace_ns after the new key was first used */
    uint64_t rekey_grace_ns;
    struct edge_srtp *send;
    struct edge_restart restart;                        /**< of what `send` protects */
    struct edge_sdes_line *remote_key;                  /**< the leg's own key; secret store */
    struct edge_sdes_line *remote_key_old;              /**< that of `receive_old` */
    struct edge_sdes_line *own_keys[EDGE_OWN_KEYS_MAX]; /**< ours towards the leg; secret store */
    unsigned n_own_keys; /**< the first is in force once `send` is there, others were offered too */

    struct edge_leg_dtls *dtls;     /**< keys come from DTLS, none is written into a description */
    struct edge_srtp *rtcp_receive; /**< with `dtls`: of RTCP on a port of its own */
    struct edge_srtp *rtcp_send;
    struct edge_media *aside; /**< only keys, of an offer without an answer: see keys_aside.h */
};

/** What was decided about the media that a leg sends, and what happened since. */
struct edge_verdict {
    bool is_active;
    unsigned n;            /**< how many there have been so far; the figures are of the last one */
    enum edge_drop reason; /**< EDGE_DROP_BLOCKED, _HELD, _KILLED or _NOT_ALLOWED */
    uint64_t heard_us;     /**< when the relay received it, Unix [us] */
    uint64_t applied_us;   /**< when the session's owner obeyed, Unix [us] */
    uint64_t lifted_us;    /**< when it ended, Unix [us]; 0: not */
    /** Packets handed to the kernel since; counted where they are sent, for all verdicts so far. */
    uint64_t forwarded_after;
    struct edge_tally dropped; /**< packets of the leg dropped since */
};

struct edge_leg {
    struct edge_session *session;
    struct edge_view tags[EDGE_LEG_TAGS_MAX]; /**< owned; the newest is tags[0] */
    unsigned n_tags;
    struct edge_view via_branch; /**< owned */
    struct edge_view label;      /**< owned */
    struct edge_leg *peer;
    unsigned interface; /**< index into the node's interfaces */
    enum edge_srtp_policy srtp_policy;
    uint64_t answered_by_offer; /**< hash of the answer that came as an offer; 0: none did */
    struct edge_origin *origin; /**< of the descriptions it gets; NULL: as received */
    bool takes_plain_rtcp;
    uint64_t created_us;
    bool is_blocked; /**< by ng, this direction only */
    struct edge_verdict verdict;
    uint64_t last_forwarded_ns; /**< last packet of this leg handed to the kernel; 0: none */
    unsigned n_media;
    struct edge_media *media[EDGE_SDP_MEDIA_MAX];
};

/** Its place among the sessions whose state is to be written, in the order in which it is due. */
struct edge_state_link {
    struct edge_session *next;
    struct edge_session *previous;
    uint64_t due_ns;
    uint64_t written_ns;
    uint64_t packets_written; /**< taken when it was last written */
    bool is_listed;
    bool is_changed; /**< by more than packets */
    bool is_kept;    /**< a record of it was handed over */
};

struct edge_session {
    struct edge_view call_id;             /**< owned */
    char customer[EDGE_CUSTOMER_MAX + 1]; /**< empty: not known */
    uint64_t created_us;                  /**< Unix [us] */
    uint64_t last_signal_us;              /**< Unix [us] */
    uint64_t last_signal_ns;
    uint64_t answered_ns;  /**< first answer, monotonic, or taken up since; 0: none so far */
    uint64_t answered_us;  /**< first answer, Unix [us], with `answered_ns` */
    uint64_t told_ns;      /**< when its media was told last */
    uint64_t delete_at_ns; /**< 0: no deletion asked for */
    bool is_blocked;       /**< block media, silence media */
    bool drops_traffic;    /**< drop-traffic */
    bool is_held;          /**< hold of its customer with cut */
    bool is_killed;
    bool needs_allowance; /**< nothing flows before the guard has allowed the call */
    bool is_allowed;
    struct edge_state_link state;
    unsigned n_legs;
    struct edge_leg *legs[EDGE_LEGS_MAX];
};

/** A session without legs. Returns 0 and writes `*out`; EDGE_ENOMEM. */
int edge_session_new(struct edge_view call_id, uint64_t now_us, uint64_t now_ns,
                     struct edge_session **out);

/** Frees all; sockets must be closed before (every flow's fd is -1). NULL is fine. */
void edge_session_free(struct edge_session *session);

/** Adds a leg with one tag (may be empty: not known yet). 0; EDGE_ELIMIT; EDGE_ENOMEM. */
int edge_session_add_leg(struct edge_session *session, struct edge_view tag, uint64_t now_us,
                         struct edge_leg **out);

/** Takes the leg out of its session and frees it; its sockets must be closed before. */
void edge_session_remove_leg(struct edge_session *session, struct edge_leg *leg);

/** Makes `tag` the leg's newest tag. 0; EDGE_ENOMEM. The oldest one beyond the limit goes. */
int edge_leg_add_tag(struct edge_leg *leg, struct edge_view tag);

/** True when one of the leg's tags is `tag`. */
bool edge_leg_has_tag(const struct edge_leg *leg, struct edge_view tag);

/** Replaces an owned view by a copy of `text`. 0; EDGE_ENOMEM. */
int edge_leg_set_text(struct edge_view *owned, struct edge_view text);

/** The leg's media of that index, made if missing. 0; EDGE_ELIMIT; EDGE_ENOMEM. */
int edge_leg_get_media(struct edge_leg *leg, unsigned index, struct edge_media **out);

/** Points the two legs' media at each other, by index. */
void edge_session_join_legs(struct edge_leg *a, struct edge_leg *b);

/**
 * Works out from the session's flags which legs are silent now, and opens or closes their verdicts.
 * `heard_us` is when the relay received what led to this. Returns the number of legs whose media
 * was silenced by this call.
 */
unsigned edge_session_apply_verdicts(struct edge_session *session, uint64_t heard_us,
                                     uint64_t now_us);

/** The context for what arrives on a port, or leaves by it; NULL: there is no key yet. */
static inline struct edge_srtp *edge_flow_receiver(const struct edge_flow *flow)
{
    const struct edge_media *media = flow->media;

    return media->dtls && flow->component == EDGE_RTCP ? media->rtcp_receive : media->receive;
}

static inline struct edge_srtp *edge_flow_sender(const struct edge_flow *flow)
{
    const struct edge_media *media = flow->media;

    return media->dtls && flow->component == EDGE_RTCP ? media->rtcp_send : media->send;
}

/** Closes the SRTP contexts of a stream, and wipes and returns its keys. Ends its DTLS. */
void edge_media_forget_keys(struct edge_media *media);

/** The same for the key before the last re-key; no-op when there is none. */
void edge_media_forget_old_key(struct edge_media *media);

/** The monotonic time [ns] of the last packet taken from any leg; 0: none. */
uint64_t edge_session_last_packet_ns(const struct edge_session *session);
