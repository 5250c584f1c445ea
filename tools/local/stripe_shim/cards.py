"""Stripe's test cards: which decline and why, which ask for authentication (https://docs.stripe.com/testing)."""

from __future__ import annotations

from dataclasses import dataclass

# localstripe charges every card but this one (and two that also ask for authentication); a card that Stripe declines is
# therefore stored in localstripe as this one, and its own number and reason are remembered by the shim.
LOCALSTRIPE_DECLINING = "4000000000000341"
LOCALSTRIPE_AUTHENTICATING = "4000002760003184"
LOCALSTRIPE_AUTHENTICATING_THEN_DECLINING = "4000008400001629"
LOCALSTRIPE_ACCEPTING = "4242424242424242"


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")

DECLINES = {
    "4000000000000002": GENERIC,
    "4000000000000341": GENERIC,
    "4000000000009995": INSUFFICIENT_FUNDS,
    "4000000000009987": Decline("card_declined", "lost_card", "Your card was declined."),
    "4000000000009979": Decline("card_declined", "stolen_card", "Your card was declined."),
    "4000000000000069": Decline("expired_card", "expired_card", "Your card has expired."),
    "4000000000000127": Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    "4000000000000119": Decline(
        "processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit."
    ),
    "4000008400001629": GENERIC,
    "4000008260003178": INSUFFICIENT_FUNDS,
}

AUTHENTICATING = {
    "4000002500003155",
    "4000002760003184",
    "4000008260003178",
    "4000000000003220",
    "4000000000003063",
    "4000008400001629",
}

# https://docs.stripe.com/testing?testing-method=payment-methods
NAMED = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_threeDSecureRequired": "4000000000003063",
    "pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
}


def stored_number(number: str) -> str:
    """The number under which localstripe behaves as Stripe does for `number`."""
    if number in AUTHENTICATING:
        return LOCALSTRIPE_AUTHENTICATING_THEN_DECLINING if number in DECLINES else LOCALSTRIPE_AUTHENTICATING
    if number in DECLINES:
        return LOCALSTRIPE_DECLINING
    return number if len(number) == 16 else LOCALSTRIPE_ACCEPTING


def decline_of(number: str) -> Decline:
    return DECLINES.get(number, GENERIC)


def brand_of(number: str) -> str:
    if number.startswith(("34", "37")):
        return "amex"
    return "mastercard" if number.startswith("5") else "visa"
