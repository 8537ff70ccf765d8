"""The addresses of the person's pages; every one of them works without JavaScript."""

from django.urls import path

from troth.answer import pages

app_name = "answer"
urlpatterns = [
    path("you/", pages.you, name="you"),
    path("you/link/<str:token>/", pages.link, name="link"),
    path("you/code/", pages.code, name="code"),
    path("you/beside/", pages.beside, name="beside"),
    path("you/sign-out/", pages.sign_out, name="sign-out"),
    path("you/ask-there/", pages.ask_there, name="ask-there"),
    path("you/again/", pages.again, name="again"),
    path("you/download/<str:form>/", pages.download, name="download"),
    path("you/correct/", pages.correct, name="correct"),
    path("you/choices/", pages.choices, name="choices"),
    path("you/stop/<str:right>/", pages.stop, name="stop"),
    path("complain/", pages.complain, name="complain"),
    path("you/complain/", pages.complain, name="complain-here"),  # where the session of their page reaches
    path("you/close/<int:which>/", pages.close, name="close"),
    path("you/erase/", pages.erase_page, name="erase"),
    path("you/erase/confirm/", pages.erase_confirm, name="erase-confirm"),
    path("you/request/<str:reference>/", pages.request_page, name="request"),
    path("you/request/<str:reference>/back/", pages.take_back, name="take-back"),
    path("you/request/<str:reference>/letter/", pages.letter, name="letter"),
    path("you/request/<str:reference>/proof/", pages.proof, name="proof"),
]
